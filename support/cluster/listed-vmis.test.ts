import { expect } from 'chai'
import type { Limits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError, isApiError } from './api-error.ts'
import { ListedVmis } from './listed-vmis.ts'

const LIMITS: Limits = { signal: new AbortController().signal, timeout: 60_000 }

function vmisOf(names: readonly string[], mayList = true) {
  const paths: string[] = []
  const send = ({ path }: { readonly path: string }) => {
    paths.push(path)
    if (path.includes('?') && !mayList) return Promise.reject(new ApiError('listing', 403, ''))
    const items = names.map((name) => ({ metadata: { name } }))
    return Promise.resolve(path.includes('?') ? { items } : items[0])
  }
  const scope = { namespace: 'ns', label: { name: 'run', value: '1' }, limits: () => LIMITS }
  return { vmis: new ListedVmis({ send } as unknown as ApiClient, scope), paths }
}

describe('VMIs that are read together', () => {
  it('are read by one list, however many are asked for', async () => {
    const { vmis, paths } = vmisOf(['a', 'b'])
    const found = await Promise.all(['a', 'b', 'a'].map((name) => vmis.get('ns', name, LIMITS)))
    expect(found.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b', 'a'])
    expect(paths).to.have.length(1)
    expect(paths[0]).to.match(/virtualmachineinstances\?labelSelector=run%3D1$/)
  })

  it('are never those of a list that began before', async () => {
    const { vmis, paths } = vmisOf(['a'])
    await vmis.get('ns', 'a', LIMITS)
    await vmis.get('ns', 'a', LIMITS)
    expect(paths).to.have.length(2)
  })

  it('are not found if they are not in the list', async () => {
    const { vmis } = vmisOf(['a'])
    const error: unknown = await vmis.get('ns', 'gone', LIMITS).catch((thrown: unknown) => thrown)
    expect(isApiError(error, 404)).to.equal(true)
  })

  it('are read one by one without the permission to list', async () => {
    const { vmis, paths } = vmisOf(['a'], false)
    expect((await vmis.get('ns', 'a', LIMITS)).metadata.name).to.equal('a')
    expect(paths.at(-1)).to.match(/virtualmachineinstances\/a$/)
  })
})
