import { expect } from 'chai'
import { describeApart, type GuestNuma, type NodeNuma, placementOf } from './numa.ts'

const POLLING = [2, 3, 4, 5, 6, 7]
/** The NUMA nodes that a guest shows unless it gets those of its node. */
const FLAT: GuestNuma = { nodes: [{ id: 0, cpus: [0, 1, 2, 3, 4, 5, 6, 7], hugepagesMiB: 1024 }], ports: {} }
const ALIGNED: GuestNuma = { ...FLAT, ports: { east: 0, west: 0 } }
const SPLIT: GuestNuma['nodes'] = [
  { id: 0, cpus: [0, 1], hugepagesMiB: 0 },
  { id: 1, cpus: [2, 3, 4, 5, 6, 7], hugepagesMiB: 1024 },
]
const NODE: NodeNuma = { node: 'w1', unknown: [] }

function apart(nodes: GuestNuma['nodes'], ports: GuestNuma['ports']): string | undefined {
  return describeApart(placementOf({ nodes, ports }, undefined, POLLING))
}

describe('NUMA placement of a VM', () => {
  it('is right where its guest shows all of it on one node', () => {
    expect(placementOf(ALIGNED, undefined, POLLING)).to.deep.include({ apart: [], missing: [], unknown: [] })
    expect(apart(SPLIT, { east: 1, west: 1 })).to.equal(undefined)
  })

  for (const [what, nodes, ports, sentence] of [
    ['a port', SPLIT, { east: 0, west: 1 }, 'east port on NUMA node 0, and its CPUs on 1'],
    [
      'both ports',
      SPLIT,
      { east: 0, west: 0 },
      'east port on NUMA node 0, west port on NUMA node 0, and its CPUs on 1',
    ],
    [
      'hugepages',
      [
        { ...SPLIT[0], hugepagesMiB: 1024 },
        { ...SPLIT[1], hugepagesMiB: 0 },
      ] as GuestNuma['nodes'],
      {},
      'hugepages on NUMA node 0, and its CPUs on 1',
    ],
    [
      'CPUs',
      [
        { id: 0, cpus: [0, 1, 2, 3], hugepagesMiB: 1024 },
        { id: 1, cpus: [4, 5, 6, 7], hugepagesMiB: 0 },
      ],
      { east: 0, west: 0 },
      'CPUs on NUMA nodes 0-1',
    ],
  ] as const) {
    it(`is wrong where ${what} are elsewhere`, () => {
      expect(apart(nodes, ports)).to.equal(sentence)
    })
  }

  it('is not known of a guest that has one node of its own making, whatever is on it', () => {
    const { missing, unknown } = placementOf(FLAT, undefined, POLLING)
    expect(missing).to.deep.equal(['VFs', 'CPUs', 'hugepages'])
    expect(unknown.join()).to.include('numa.guestMappingPassthrough')
  })

  it('is not known of ports that do not say where they are', () => {
    const { missing, unknown } = placementOf({ nodes: SPLIT, ports: { east: 1 } }, undefined, POLLING)
    expect(missing).to.deep.equal(['VFs'])
    expect(unknown).to.deep.equal(['its guest does not show on which NUMA node its ports are'])
  })

  it('is what the node enforces', () => {
    const single = { ...NODE, topologyManagerPolicy: 'single-numa-node' }
    const missing = (node: NodeNuma, guest = FLAT) => placementOf(guest, node, POLLING).missing
    expect(missing({ ...NODE, zones: 1 })).to.deep.equal([])
    expect(missing({ ...single, memoryManagerPolicy: 'Static' })).to.deep.equal([])
    expect(missing({ ...single, memoryManagerPolicy: 'None' })).to.deep.equal(['hugepages'])
    expect(missing({ ...NODE, zones: 2, topologyManagerPolicy: 'restricted' })).to.have.length(3)
    // The node shows the NUMA node of the VFs, the guest that of the hugepages.
    expect(missing(single, { nodes: SPLIT, ports: {} })).to.deep.equal([])
  })

  it('says which policies leave it open, and what could not be read', () => {
    const node = { ...NODE, topologyManagerPolicy: 'best-effort', unknown: ['no NodeResourceTopology'] }
    expect(placementOf(FLAT, node, POLLING).unknown.slice(1)).to.deep.equal([
      'the kubelet of w1 has topologyManagerPolicy best-effort',
      'no NodeResourceTopology',
    ])
  })

  it('is wrong where the guest shows so, whatever the node says', () => {
    const node = { ...NODE, topologyManagerPolicy: 'single-numa-node', memoryManagerPolicy: 'Static' }
    expect(
      describeApart(placementOf({ nodes: SPLIT, ports: { east: 0, west: 1 } }, node, POLLING)),
    ).to.include('east')
  })
})
