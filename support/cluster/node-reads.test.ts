import { expect } from 'chai'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { Inventory } from './inventory.ts'

const LIMITS = { signal: new AbortController().signal, timeout: 1000 }

/** An inventory whose requests have the given answer, and the paths that were asked for. */
function answering(answer: (path: string) => unknown) {
  const asked: string[] = []
  const send = ({ path }: { path: string }) => {
    asked.push(path)
    return Promise.resolve().then(() => answer(path))
  }
  return { asked, inventory: new Inventory({ send } as unknown as ApiClient) }
}

describe('what is read of each node', () => {
  it('is not asked for again once the account was refused, whichever node it is of', async () => {
    const { asked, inventory } = answering(() => {
      throw new ApiError('reading it', 403, '{"message":"nodes \\"w1\\" is forbidden"}')
    })
    const read = await Promise.all(['w1', 'w2', 'w1'].map((node) => inventory.kubeletConfig(node, LIMITS)))
    expect(read.map((one) => 'notReadable' in one && one.notReadable)).to.deep.equal(
      ['w1', 'w2', 'w1'].map((node) => `no permission to read the kubelet's configuration on ${node}`),
    )
    await inventory.nodeTopology('w1', LIMITS)
    await inventory.nodeTopology('w2', LIMITS)
    expect(asked).to.have.length(2)
  })

  it('is asked for again where one node did not answer or has none', async () => {
    const { asked, inventory } = answering((path) => {
      if (path.includes('/w1/')) throw new ApiError('reading it', 500, '')
      if (path.includes('/w2/')) throw new ApiError('reading it', 404, '')
      return { kubeletconfig: { cpuManagerPolicy: 'static' } }
    })
    const first = await inventory.kubeletConfig('w1', LIMITS).catch(() => 'no answer')
    expect(first).to.equal('no answer')
    expect(await inventory.kubeletConfig('w2', LIMITS)).to.have.property('missing')
    expect(await inventory.kubeletConfig('w3', LIMITS)).to.have.property('found')
    expect(asked).to.have.length(3)
  })
})
