import { PATIENCE } from '../common/testing/patience.ts'
import { expect } from 'chai'
import type { ApiClient, ApiRequest } from '../cluster/api-client.ts'
import { ApiError } from '../cluster/api-error.ts'
import { clusterOf } from '../run/connect.ts'
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

describe('the sweep', () => {
  it('deletes what it has listed, and nothing that has its name since', async () => {
    const { client, deletes } = recreating()
    const cluster = clusterOf(client)
    const options = { cluster, namespace: 'ns', run: undefined, dryRun: false, force: false }
    const limits = { signal: new AbortController().signal, timeout: PATIENCE }
    expect(await sweep({ ...options, say: () => undefined }, limits)).to.deep.equal([])
    expect(deletes).to.deep.equal([
      { path: '/apis/kubevirt.io/v1/namespaces/ns/virtualmachineinstances/left', uid: 'listed' },
      { path: '/api/v1/namespaces/ns/configmaps/left', uid: 'listed' },
    ])
  })
})
