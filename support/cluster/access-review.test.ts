import { expect } from 'chai'
import { type Permission, reviewPermissions } from './access-review.ts'
import type { ApiClient, ApiRequest } from './api-client.ts'
import { ApiError } from './api-error.ts'

const LIMITS = { signal: new AbortController().signal, timeout: 1000 }
const CREATE: Permission = { verb: 'create', group: 'kubevirt.io', resource: 'virtualmachineinstances' }
const CONSOLE: Permission = {
  verb: 'get',
  group: 'subresources.kubevirt.io',
  resource: 'virtualmachineinstances/console',
}

interface Rule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A server that answers rules reviews with these rules, and access reviews with `allows`. */
function server(rules: readonly Rule[] | ApiError, allows: boolean) {
  const asked: string[] = []
  const client: Pick<ApiClient, 'send'> = {
    send: ({ path }: ApiRequest) => {
      const plural = path.split('/').at(-1) ?? ''
      asked.push(plural)
      if (plural === 'selfsubjectaccessreviews') return Promise.resolve({ status: { allowed: allows } })
      if (rules instanceof ApiError) return Promise.reject(rules)
      return Promise.resolve({ status: { resourceRules: rules, incomplete: true } })
    },
  }
  return { client: client as ApiClient, asked }
}

async function missing(
  rules: readonly Rule[] | ApiError,
  permissions: readonly Permission[],
  allows = false,
) {
  const { client, asked } = server(rules, allows)
  const review = await reviewPermissions(client, 'ns', { required: permissions }, LIMITS)
  return { found: review.missing, asked }
}

describe('the permissions of an account', () => {
  const GRANTING: readonly Rule[] = [
    { verbs: ['get', 'create'], apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances'] },
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['create'], apiGroups: ['kubevirt.io'], resources: ['*'], resourceNames: [] },
  ]
  for (const rule of GRANTING)
    it(`are shown by one request: ${JSON.stringify(rule)}`, async () => {
      const { found, asked } = await missing([{}, rule], [CREATE])
      expect(found).to.deep.equal([])
      expect(asked).to.deep.equal(['selfsubjectrulesreviews'])
    })

  const NOT_GRANTING: readonly Rule[] = [
    { verbs: ['get'], apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances'] },
    { verbs: ['create'], apiGroups: [''], resources: ['virtualmachineinstances'] },
    { verbs: ['create'], apiGroups: ['kubevirt.io'], resources: ['virtualmachines'] },
    { verbs: ['create'], apiGroups: ['kubevirt.io'], resources: ['*'], resourceNames: ['one'] },
  ]
  for (const rule of NOT_GRANTING)
    it(`are asked for where no rule shows them: ${JSON.stringify(rule)}`, async () => {
      expect((await missing([rule], [CREATE])).found).to.deep.equal([CREATE])
      expect((await missing([rule], [CREATE], true)).found).to.deep.equal([])
    })

  it('on a subresource are not those on its resource', async () => {
    const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['virtualmachineinstances'] }
    expect((await missing([rule], [CREATE, CONSOLE])).found).to.deep.equal([CONSOLE])
    const all = { ...rule, resources: ['*/console'] }
    expect((await missing([rule, all], [CREATE, CONSOLE])).found).to.deep.equal([])
  })

  it('are asked for one by one where there is no review of rules', async () => {
    const refused = new ApiError('asking', 403, '')
    const { found, asked } = await missing(refused, [CREATE, CONSOLE], true)
    expect(found).to.deep.equal([])
    expect(asked).to.have.lengthOf(3)
  })

  it('that are only wished for are never asked for one by one', async () => {
    const asked = { required: [], wished: [CREATE, CONSOLE] }
    const { client, asked: sent } = server([], true)
    expect(await reviewPermissions(client, 'ns', asked, LIMITS)).to.deep.equal({
      missing: [],
      hasWished: false,
    })
    expect(sent).to.deep.equal(['selfsubjectrulesreviews'])
    const all = server([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], false)
    expect((await reviewPermissions(all.client, 'ns', asked, LIMITS)).hasWished).to.equal(true)
  })
})
