import { expect } from 'chai'
import type { Node } from '../../cluster/schemas/node.ts'
import { chooseNodes, type NodesOffered } from './choose-nodes.ts'

const node = (name: string, labels: Record<string, string> = {}): Node => ({ metadata: { name, labels } })

function offered(changes: Partial<NodesOffered> = {}): NodesOffered {
  return {
    choice: { kind: 'all' },
    sameNode: false,
    read: {
      found: { nodes: [node('b-10'), node('b-2', { 'topology.kubernetes.io/zone': 'east' })], absent: [] },
    },
    states: [],
    obstacles: () => [],
    roomOf: () => ({ vmis: 2, short: '' }),
    ...changes,
  }
}

describe('the choice of nodes', () => {
  it('orders them by name, with their zones', () => {
    expect(chooseNodes(offered())).to.deep.equal({
      nodes: [
        { name: 'b-2', zone: 'east', room: 2 },
        { name: 'b-10', room: 2 },
      ],
      problems: [],
      warnings: [],
    })
  })

  it('keeps the order of names that are given', () => {
    const { nodes } = chooseNodes(offered({ choice: { kind: 'names', names: ['b-10', 'b-2'] } }))
    expect(nodes.map(({ name }) => name)).to.deep.equal(['b-10', 'b-2'])
  })

  it('leaves out of all nodes what has no room, and says so', () => {
    const chosen = chooseNodes(
      offered({
        read: { found: { nodes: ['a', 'b', 'c'].map((name) => node(name)), absent: [] } },
        roomOf: ({ metadata: { name } }) => ({ vmis: name === 'b' ? 0 : 2, short: 'no vf' }),
      }),
    )
    expect(chosen.nodes.map(({ name }) => name)).to.deep.equal(['a', 'c'])
    expect(chosen.warnings).to.deep.equal(['node b is left out of the matrix: no vf'])
  })

  it('keeps what is asked for by name, as a node that cannot be used', () => {
    const chosen = chooseNodes(
      offered({
        choice: { kind: 'names', names: ['a', 'b', 'c'] },
        read: { found: { nodes: ['a', 'b', 'c'].map((name) => node(name)), absent: [] } },
        obstacles: ({ metadata: { name } }) => (name === 'b' ? ['cordoned'] : []),
      }),
    )
    expect(chosen.nodes[1]).to.deep.equal({ name: 'b', room: 0, short: 'cordoned' })
    expect(chosen.problems).to.deep.equal([])
  })

  for (const [found, problem] of [
    [[], 'no node with rack=7 can take the VMIs'],
    [[node('a')], 'only one node with rack=7 can take the VMIs (a), but a pair needs two nodes'],
  ] as const)
    it(`refuses a selector that matches ${found.length} nodes`, () => {
      const { problems } = chooseNodes(
        offered({
          choice: { kind: 'labels', labels: { rack: '7' } },
          read: { found: { nodes: found, absent: [] } },
        }),
      )
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include(problem)
    })

  it('takes one node if both VMIs on one are asked for', () => {
    const read = { found: { nodes: [node('a')], absent: [] } }
    expect(chooseNodes(offered({ read, sameNode: true })).problems).to.deep.equal([])
  })

  it('refuses a name that does not exist', () => {
    const read = { found: { nodes: [node('a'), node('b')], absent: ['z'] } }
    const { problems } = chooseNodes(offered({ choice: { kind: 'names', names: ['a', 'b', 'z'] }, read }))
    expect(problems).to.deep.equal(['node z does not exist'])
  })

  it('works with names alone where nodes may not be read', () => {
    const read = { notReadable: 'no permission to read node a' }
    expect(chooseNodes(offered({ choice: { kind: 'names', names: ['a', 'b'] }, read }))).to.deep.equal({
      nodes: [
        { name: 'a', room: 2 },
        { name: 'b', room: 2 },
      ],
      problems: [],
      warnings: ['the free resources of the nodes are unknown: no permission to read node a'],
    })
    expect(chooseNodes(offered({ read })).problems).to.deep.equal([
      'no permission to read node a: grant this permission, or name the nodes in spec.param.nodes',
    ])
  })

  it('tells the hardware of a node', () => {
    const labels = {
      'feature.node.kubernetes.io/cpu-model.vendor_id': 'Intel',
      'feature.node.kubernetes.io/cpu-model.family': '6',
    }
    const states = [
      {
        metadata: { name: 'a' },
        status: { interfaces: [{ pciAddress: '0000:3b:00.0', vendor: '8086', deviceID: '158b', numVfs: 8 }] },
      },
    ] as unknown as NodesOffered['states']
    const read = { found: { nodes: [node('a', labels), node('b')], absent: [] } }
    expect(chooseNodes(offered({ read, states })).nodes[0]?.hardware).to.equal('8086:158b, Intel 6')
  })
})
