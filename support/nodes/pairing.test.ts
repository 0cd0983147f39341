import { expect } from 'chai'
import fc from 'fast-check'
import { type NodePair, PAIR_CHOICES, PARALLEL_CHOICES } from '../model/node-matrix.ts'
import { costOf, type PairedNode, pairsOf, planOf } from './pairing.ts'

const nodesOf = (count: number, room: PairedNode['room'] = 'both'): PairedNode[] =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}`, room }))

const key = ({ sender, receiver }: NodePair) => `${sender} ${receiver}`

/** Rounds of all pairs. */
function roundsOf(count: number, parallel: (typeof PARALLEL_CHOICES)[number]): number {
  const { phases } = planOf({ nodes: nodesOf(count), pairs: 'all', parallel })
  return phases.flatMap(({ rounds }) => rounds).length
}

const requests = fc
  .record({
    rooms: fc.array(fc.constantFrom('both', 'one'), { minLength: 1, maxLength: 12 }),
    pairs: fc.constantFrom(...PAIR_CHOICES),
    parallel: fc.constantFrom(...PARALLEL_CHOICES),
    sameNode: fc.boolean(),
  })
  .map(({ rooms, ...rest }) => ({
    nodes: rooms.map((room, index): PairedNode => ({ name: `n${index}`, room })),
    ...rest,
  }))

describe('pairs of nodes', () => {
  it('are all ordered ones, in as few rounds as the circle method needs', () => {
    for (const count of [2, 4, 10, 12])
      expect(roundsOf(count, 'disjoint'), String(count)).to.equal(2 * (count - 1))
    for (const count of [3, 5, 11]) expect(roundsOf(count, 'disjoint'), String(count)).to.equal(2 * count)
  })

  it('are all ordered ones, in one shift less than there are nodes', () => {
    for (const count of [2, 3, 10, 11]) expect(roundsOf(count, 'shift'), String(count)).to.equal(count - 1)
  })

  it('are a ring in which each node sends once and receives once', () => {
    for (const count of [2, 3, 10, 11]) {
      const pairs = pairsOf({ nodes: nodesOf(count), pairs: 'ring', parallel: 'disjoint' })
      expect(new Set(pairs.map(({ sender }) => sender)).size).to.equal(count)
      expect(new Set(pairs.map(({ receiver }) => receiver)).size).to.equal(count)
      expect(pairs).to.have.lengthOf(count)
    }
    const { phases } = planOf({ nodes: nodesOf(10), pairs: 'ring', parallel: 'shift' })
    expect(phases.flatMap(({ rounds }) => rounds)).to.have.lengthOf(1)
  })

  it('are few if each node is in one pair', () => {
    expect(pairsOf({ nodes: nodesOf(4), pairs: 'one', parallel: 'disjoint' }).map(key)).to.deep.equal([
      'n0 n1',
      'n2 n3',
    ])
    expect(pairsOf({ nodes: nodesOf(3), pairs: 'one', parallel: 'disjoint' }).map(key)).to.deep.equal([
      'n0 n1',
      'n2 n0',
    ])
  })

  it('are none for one node, but for the diagonal', () => {
    for (const pairs of PAIR_CHOICES) {
      expect(pairsOf({ nodes: nodesOf(1), pairs, parallel: 'disjoint' })).to.deep.equal([])
      const both = pairsOf({ nodes: nodesOf(1), pairs, parallel: 'disjoint', sameNode: true })
      expect(both.map(key)).to.deep.equal(['n0 n0'])
    }
  })

  it('are each measured once, in rounds in which each node does what it can', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { phases, impossible } = planOf(request)
        const measured = phases.flatMap(({ rounds }) => rounds.flat())
        const wanted = pairsOf(request).map(key)
        expect([...measured, ...impossible].map(key).toSorted()).to.deep.equal(wanted.toSorted())
        expect(new Set(wanted).size).to.equal(wanted.length)
        for (const { sender, receiver } of impossible) expect(sender).to.equal(receiver)
        const most = request.parallel === 'serial' ? 1 : Infinity
        for (const { roles, rounds } of phases)
          for (const round of rounds) {
            expect(round.length).to.be.within(1, most)
            expect(new Set(round.map(({ sender }) => sender)).size).to.equal(round.length)
            expect(new Set(round.map(({ receiver }) => receiver)).size).to.equal(round.length)
            for (const { sender, receiver } of round) {
              expect(roles.get(sender)).not.to.equal('receiver')
              expect(roles.get(receiver)).not.to.equal('sender')
            }
            if (request.parallel !== 'disjoint') continue
            const busy = round.flatMap(({ sender, receiver }) => [...new Set([sender, receiver])])
            expect(new Set(busy).size).to.equal(busy.length)
          }
      }),
    )
  })

  it('need few changes of roles where nodes have room for one VM', () => {
    const { phases } = planOf({ nodes: nodesOf(40, 'one'), pairs: 'all', parallel: 'disjoint' })
    expect(phases.length).to.be.at.most(12)
    const ring = planOf({ nodes: nodesOf(10, 'one'), pairs: 'ring', parallel: 'disjoint' })
    expect(ring.phases).to.have.lengthOf(2)
  })

  it('are left out if they are done, and the others fill the rounds', () => {
    const isDone = ({ sender }: NodePair) => sender !== 'n3'
    const { phases } = planOf({ nodes: nodesOf(10), pairs: 'all', parallel: 'disjoint', isDone })
    expect(phases.flatMap(({ rounds }) => rounds.flat())).to.have.lengthOf(9)
  })

  it('are planned at once for a hundred nodes', () => {
    expect(roundsOf(100, 'disjoint')).to.equal(198)
  })
})

describe('the cost of a matrix', () => {
  const times = { traffic: 13_000, overhead: 2000, boot: 90_000, bootsAtOnce: 10 }
  const minutes = (
    count: number,
    pairs: (typeof PAIR_CHOICES)[number],
    parallel: 'disjoint' | 'shift' | 'serial',
  ) => costOf({ nodes: nodesOf(count), pairs, parallel }, { ...times, boot: 0 }, 0).time / 60_000

  it('is what its rounds take', () => {
    expect(minutes(10, 'all', 'serial')).to.equal(22.5)
    expect(minutes(10, 'all', 'disjoint')).to.equal(4.5)
    expect(minutes(10, 'all', 'shift')).to.equal(2.25)
    expect(minutes(50, 'all', 'disjoint')).to.equal(24.5)
    expect(minutes(50, 'ring', 'shift')).to.equal(0.25)
  })

  it('counts boots, those of nodes whose roles alternate again, and repeats', () => {
    const request = { nodes: nodesOf(20), pairs: 'ring', parallel: 'disjoint' } as const
    expect(costOf(request, times, 4)).to.deep.equal({
      cells: 20,
      rounds: 2,
      time: 2 * 90_000 + 2 * 15_000,
      longest: 2 * 90_000 + 6 * 15_000,
    })
    const alternating = { ...request, nodes: nodesOf(20, 'one') }
    expect(costOf(alternating, times, 0).time).to.equal(4 * 90_000 + 2 * 15_000)
  })
})
