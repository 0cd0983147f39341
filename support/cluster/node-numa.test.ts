import { expect } from 'chai'
import { InterruptedError, SuiteError } from '../common/errors.ts'
import type { Inventory, Readable } from './inventory.ts'
import {
  type KubeletConfig,
  kubeletConfigSchema,
  nodeTopologySchema,
  type NodeTopology,
} from './inventory-schemas.ts'
import { readNodeNuma } from './node-numa.ts'

const LIMITS = { signal: new AbortController().signal, timeout: 1000 }
const HIDDEN = { notReadable: 'it is not readable' }

function read(kubelet: Readable<KubeletConfig> | Error, topology: Readable<NodeTopology>) {
  const inventory = {
    kubeletConfig: () => (kubelet instanceof Error ? Promise.reject(kubelet) : Promise.resolve(kubelet)),
    nodeTopology: () => Promise.resolve(topology),
  }
  return readNodeNuma(inventory as unknown as Inventory, 'w1', LIMITS)
}

function kubelet(kubeletconfig: object): Readable<KubeletConfig> {
  return { found: kubeletConfigSchema.parse({ kubeletconfig }).kubeletconfig }
}

function topology(object: object): Readable<NodeTopology> {
  return { found: nodeTopologySchema.parse(object) }
}

const TWO_ZONES = {
  zones: [
    { name: 'node-0', type: 'Node' },
    { name: 'node-1', type: 'Node' },
  ],
}

describe("a node's NUMA nodes", () => {
  it('are those of its NodeResourceTopology, with the policies of its kubelet', async () => {
    const policies = kubelet({ topologyManagerPolicy: 'single-numa-node', memoryManagerPolicy: 'Static' })
    expect(await read(policies, topology(TWO_ZONES))).to.deep.equal({
      node: 'w1',
      zones: 2,
      unknown: [],
      topologyManagerPolicy: 'single-numa-node',
      memoryManagerPolicy: 'Static',
    })
  })

  it('has the defaults where its kubelet says nothing', async () => {
    expect(await read(kubelet({}), HIDDEN)).to.deep.include({
      zones: undefined,
      topologyManagerPolicy: 'none',
      memoryManagerPolicy: 'None',
      unknown: ['it is not readable'],
    })
  })

  for (const [how, object] of [
    ['as an attribute', { attributes: [{ name: 'topologyManagerPolicy', value: 'single-numa-node' }] }],
    ['in its old list', { topologyPolicies: ['SingleNUMANodePodLevel'] }],
  ] as const) {
    it(`have the policy that their exporter has ${how}, where the kubelet is hidden`, async () => {
      const { topologyManagerPolicy, memoryManagerPolicy } = await read(
        HIDDEN,
        topology({ ...TWO_ZONES, ...object }),
      )
      expect([topologyManagerPolicy, memoryManagerPolicy]).to.deep.equal(['single-numa-node', undefined])
    })
  }

  it('are unknown, without an error, if nothing may be read or nothing answers', async () => {
    const out = new SuiteError('unexpected-answer', 'no sense')
    expect(await read(out, { missing: 'it does not exist' })).to.deep.include({
      zones: undefined,
      topologyManagerPolicy: undefined,
      unknown: ['no sense', 'it does not exist'],
    })
  })

  it('are not asked for on after an interruption', async () => {
    const error = await read(new InterruptedError('over'), HIDDEN).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(InterruptedError)
  })
})
