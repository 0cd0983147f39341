import { PATIENCE } from '../common/testing/patience.ts'
import { expect } from 'chai'
import type { ApiClient, ApiRequest } from '../cluster/api-client.ts'
import { ApiError } from '../cluster/api-error.ts'
import { isSuiteError } from '../common/errors.ts'
import { RUN_LABEL } from '../model/testbed.ts'
import { clusterOf } from '../run/connect.ts'
import { CAMPAIGN_CONFIG_MAP } from './matrix/campaign.ts'
import { sweep } from './sweep.ts'

/**
 * Between list and deletion, another client recreates the objects with the same names: the server refuses to delete the
 * old uid.
 */
function recreating(): { readonly client: ApiClient; readonly deletes: { path: string; uid: unknown }[] } {
  const deletes: { path: string; uid: unknown }[] = []
  const send = ({ method, path, body, doing }: ApiRequest): Promise<unknown> => {
    if (method === 'POST') return Promise.resolve({ status: { allowed: true } })
    if (method === 'DELETE') {
      const { preconditions } = body as { preconditions?: { uid?: string } }
      deletes.push({ path, uid: preconditions?.uid })
      return Promise.reject(new ApiError(doing, 409, JSON.stringify({ reason: 'Conflict' })))
    }
    const labels = { 'kubevirt-dpdk-checkup/uid': 'one' }
    if (path.includes('labelSelector'))
      return Promise.resolve({ items: [{ metadata: { name: 'left', uid: 'listed', labels } }] })
    if (path.endsWith('/configmaps')) return Promise.resolve({ items: [] })
    return Promise.resolve({ metadata: { name: 'left', uid: 'another' } })
  }
  return { client: { send } as unknown as ApiClient, deletes }
}

const LIMITS = { signal: new AbortController().signal, timeout: PATIENCE }

function optionsOf(client: ApiClient) {
  return { cluster: clusterOf(client), namespace: 'ns', dryRun: false, force: false }
}

interface Held {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

/** A namespace with these ConfigMaps. */
function holding(all: readonly Held[]): {
  readonly client: ApiClient
  readonly deleted: readonly string[]
} {
  const deleted: string[] = []
  const send = ({ method, path }: ApiRequest): Promise<unknown> => {
    if (method === 'POST') return Promise.resolve({ status: { allowed: true } })
    if (method === 'DELETE') {
      deleted.push(path)
      return Promise.resolve({})
    }
    const selector = new URL(path, 'http://server').searchParams.get('labelSelector')
    const [label = '', value] = selector?.split('=') ?? []
    const isSelected = ({ metadata: { labels } }: Held) =>
      selector === null || (labels?.[label] !== undefined && (value ?? labels[label]) === labels[label])
    return Promise.resolve({ items: path.includes('/configmaps') ? all.filter(isSelected) : [] })
  }
  return { client: { send } as unknown as ApiClient, deleted }
}

describe('the sweep', () => {
  it('deletes what it has listed, and nothing that has its name since', async () => {
    const { client, deletes } = recreating()
    const options = { ...optionsOf(client), run: undefined, print: () => undefined }
    expect(await sweep(options, LIMITS)).to.deep.equal([])
    expect(deletes).to.deep.equal([
      { path: '/apis/kubevirt.io/v1/namespaces/ns/virtualmachineinstances/left', uid: 'listed' },
      { path: '/api/v1/namespaces/ns/configmaps/left', uid: 'listed' },
    ])
  })

  const LATER = new Date(Date.now() + 3_600_000).toISOString()
  const OVER = '2026-01-01T00:00:00Z'
  const claimUntil = (expires: string) => ({
    metadata: { name: CAMPAIGN_CONFIG_MAP, uid: 'claim', labels: { [RUN_LABEL]: 'killed' } },
    data: { holder: 'ns/the-first', since: OVER, expires },
  })
  const theFirst = (data: Readonly<Record<string, string>>) => ({ metadata: { name: 'the-first' }, data })

  for (const [title, all, run] of [
    ['whose time is over', [claimUntil(OVER), theFirst({})], undefined],
    ['whose run has lost its ConfigMap', [claimUntil(LATER)], undefined],
    ['whose run has ended', [claimUntil(LATER), theFirst({ 'status.completionTimestamp': OVER })], undefined],
    ['of the run that is named', [claimUntil(LATER), theFirst({})], 'killed'],
  ] as const)
    it(`removes the claim of a campaign ${title}`, async () => {
      const { client, deleted } = holding(all)
      const said: string[] = []
      const print = (line: string) => said.push(line)
      expect(await sweep({ ...optionsOf(client), run, print }, LIMITS)).to.deep.equal([])
      expect(deleted).to.deep.equal([`/api/v1/namespaces/ns/configmaps/${CAMPAIGN_CONFIG_MAP}`])
      expect(said.join()).to.include(`removed ConfigMap ns/${CAMPAIGN_CONFIG_MAP} (of run killed`)
    })

  for (const [title, all, run] of [
    ['that may go on', [claimUntil(LATER), theFirst({})], undefined],
    ['of another run than the one that is named', [claimUntil(LATER), theFirst({})], 'other'],
  ] as const)
    it(`leaves the claim of a campaign ${title}`, async () => {
      const { client, deleted } = holding(all)
      const outcome = await sweep({ ...optionsOf(client), run, print: () => undefined }, LIMITS).catch(
        (error: unknown) => error,
      )
      expect(isSuiteError(outcome, 'in-use')).to.equal(run === undefined)
      expect(deleted).to.deep.equal([])
    })
})
