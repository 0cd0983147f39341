import { expect } from 'chai'
import fc from 'fast-check'
import { nodeMatrixSchema, type Weakness } from '../model/node-matrix.ts'
import { concluded, judgedMatrix, matrixOf, type MatrixOptions, nodeName } from './matrix.fixture.ts'

/** What is weak, without counts and sentences. */
function weakIn(options: MatrixOptions): string[] {
  return named(judgedMatrix(options).result?.weak ?? [])
}

function named(weak: readonly Weakness[]): string[] {
  return weak
    .map((each) => {
      switch (each.kind) {
        case 'node':
          return `${each.node} ${each.as}`
        case 'pair':
          return `${each.sender} ${each.isBothWays ? 'and' : 'to'} ${each.receiver}`
        case 'zone':
          return `${each.zone} ${each.other ?? 'uplink'} ${each.way}`
        case 'all':
          return 'all'
      }
    })
    .toSorted()
}

type Loss = NonNullable<MatrixOptions['loss']>

/** A cell loses as much as its worst fault. */
const together =
  (...faults: readonly Loss[]): Loss =>
  (pair) =>
    Math.max(...faults.map((fault) => Number(fault(pair))))

const receiver =
  (node: number): Loss =>
  ({ to }) =>
    to === node ? 0.2 : 0
const sender =
  (node: number): Loss =>
  ({ from }) =>
    from === node ? 0.2 : 0
const nic =
  (node: number): Loss =>
  ({ from, to }) =>
    from === node || to === node ? 0.2 : 0
const cable =
  (one: number, other: number): Loss =>
  ({ from, to }) =>
    (from === one && to === other) || (from === other && to === one) ? 0.4 : 0
const zoneOf = (node: number) => Math.floor(node / 4)
const uplink =
  (zone: number): Loss =>
  ({ from, to }) =>
    (zoneOf(from) === zone) !== (zoneOf(to) === zone) ? 0.1 : 0

describe('whom the bad cells of a node matrix are due to', () => {
  it('is nobody if no cell is bad', () => {
    const { result } = judgedMatrix()
    expect(result).to.deep.equal({
      weak: [],
      nodes: [],
      recovered: 0,
      sentence: 'no node needs attention: all 132 pairs that were judged are good',
    })
  })

  it('is a receiver for a column, and a sender for a row', () => {
    expect(weakIn({ loss: receiver(7) })).to.deep.equal(['node-07 receiver'])
    expect(weakIn({ loss: sender(7) })).to.deep.equal(['node-07 sender'])
    expect(judgedMatrix({ loss: receiver(7) }).result).to.deep.include({
      nodes: ['node-07'],
      sentence: '1 of 12 nodes needs attention: node-07 as receiver (11 of 11 pairs are bad)',
    })
  })

  it('is a node for its row and its column', () => {
    expect(weakIn({ loss: nic(7) })).to.deep.equal(['node-07 both'])
    expect(weakIn({ loss: nic(7), nodes: 3 * 4, zones: 3 })).to.deep.equal(['node-07 both'])
  })

  it('is a pair for a single cell, and for two between the same nodes', () => {
    const one: Loss = ({ from, to }) => (from === 3 && to === 5 ? 1 : 0)
    expect(weakIn({ loss: one })).to.deep.equal(['node-03 to node-05'])
    expect(weakIn({ loss: cable(3, 5) })).to.deep.equal(['node-03 and node-05'])
    expect(judgedMatrix({ loss: cable(3, 5) }).result).to.deep.include({
      nodes: [],
      sentence: '1 pair needs attention: node-03 and node-05, both ways',
    })
  })

  it('is the uplink of a zone for a block', () => {
    expect(weakIn({ zones: 3, loss: uplink(1) })).to.deep.equal(['zone-1 uplink both'])
    const out: Loss = ({ from, to }) => (zoneOf(from) === 1 && zoneOf(to) !== 1 ? 0.1 : 0)
    expect(weakIn({ zones: 3, loss: out })).to.deep.equal(['zone-1 uplink out'])
    const between: Loss = ({ from, to }) => (zoneOf(from) === 1 && zoneOf(to) === 2 ? 0.1 : 0)
    expect(weakIn({ zones: 3, loss: between })).to.deep.equal(['zone-1 zone-2 out'])
    expect(judgedMatrix({ zones: 3, loss: between }).result?.sentence).to.equal(
      'the link from zone zone-1 to zone zone-2 (16 of 16 pairs are bad) needs attention',
    )
  })

  it('is the link between two zones if there are no others', () => {
    const across: Loss = ({ from, to }) => (from < 6 !== to < 6 ? 0.1 : 0)
    expect(weakIn({ zones: 2, loss: across })).to.deep.equal(['zone-0 zone-1 both'])
  })

  it('is every uplink if all cells that leave a zone are bad', () => {
    const across: Loss = ({ from, to }) => (zoneOf(from) === zoneOf(to) ? 0 : 0.1)
    expect(weakIn({ zones: 3, loss: across })).to.deep.equal([
      'zone-0 uplink both',
      'zone-1 uplink both',
      'zone-2 uplink both',
    ])
    // Of seven, seven and six nodes: the smallest zone is named as well.
    const uneven: Loss = ({ from, to }) =>
      Math.floor((from * 3) / 20) === Math.floor((to * 3) / 20) ? 0 : 0.1
    expect(weakIn({ nodes: 20, zones: 3, loss: uneven })).to.have.lengthOf(3)
  })

  it('is a node too where an uplink explains most of its bad cells', () => {
    const inZone = (node: number) => Math.floor((node * 3) / 8)
    const loss: Loss = ({ from, to }) => (to === 0 || (inZone(from) === 0) !== (inZone(to) === 0) ? 0.1 : 0)
    expect(weakIn({ nodes: 8, zones: 3, loss })).to.deep.equal(['node-00 receiver', 'zone-0 uplink both'])
  })

  it('is a rate too high for all if almost every cell is bad', () => {
    const most: Loss = ({ from, to }) => (from === 0 && to < 4 ? 0 : 0.3)
    expect(weakIn({ loss: () => 0.3 })).to.deep.equal(['all'])
    expect(weakIn({ loss: most, zones: 3 })).to.deep.equal(['all'])
    const { result } = judgedMatrix({ loss: () => 0.3 })
    expect(result?.nodes).to.deep.equal([])
    expect(result?.sentence).to.equal('the rate is too high for all nodes (132 of 132 pairs are bad)')
  })

  it('counts all pairs of what is weak, also those that something else explains', () => {
    const { result } = judgedMatrix({ zones: 3, loss: together(nic(6), uplink(1)) })
    expect(result?.sentence).to.equal(
      '1 of 12 nodes needs attention: node-06 in both roles (22 of 22 pairs are bad); ' +
        'the uplink of zone zone-1 (64 of 64 pairs are bad) needs attention',
    )
  })

  describe('with two faults at a time', () => {
    const faults: Readonly<Record<string, readonly [Loss, string]>> = {
      'a weak NIC': [nic(6), 'node-06 both'],
      'another weak NIC': [nic(10), 'node-10 both'],
      'a weak receiver': [receiver(9), 'node-09 receiver'],
      'a weak sender': [sender(1), 'node-01 sender'],
      'a bad cable': [cable(0, 8), 'node-00 and node-08'],
      'a slow uplink': [uplink(1), 'zone-1 uplink both'],
    }
    const names = Object.keys(faults)
    for (const [index, one] of names.entries())
      for (const other of names.slice(index + 1))
        it(`names ${one} and ${other}`, () => {
          const [[first, firstName], [second, secondName]] = [faults[one], faults[other]] as [
            readonly [Loss, string],
            readonly [Loss, string],
          ]
          expect(weakIn({ zones: 3, loss: together(first, second) })).to.deep.equal(
            [firstName, secondName].toSorted(),
          )
        })
  })

  it('is exactly the faults, wherever they are', () => {
    const cases = fc.record({
      places: fc.uniqueArray(fc.nat(11), { minLength: 3, maxLength: 3 }),
      kinds: fc.array(fc.constantFrom('nic', 'receiver', 'sender', 'cable'), { minLength: 1, maxLength: 2 }),
      zone: fc.option(fc.nat(2)),
    })
    fc.assert(
      fc.property(cases, ({ places: [first = 0, second = 0, third = 0], kinds, zone }) => {
        const faults = kinds.map((kind, index): [Loss, string] => {
          const node = index === 0 ? first : second
          if (kind === 'nic') return [nic(node), `${nodeName(node)} both`]
          if (kind === 'receiver') return [receiver(node), `${nodeName(node)} receiver`]
          if (kind === 'sender') return [sender(node), `${nodeName(node)} sender`]
          // Within a zone, so that no uplink hides it.
          const near = [0, 1, 2, 3].map((step) => 4 * zoneOf(third) + step)
          const [one = 0, other = 0] = near.filter((each) => each !== first && each !== second)
          return [cable(one, other), `${nodeName(one)} and ${nodeName(other)}`]
        })
        if (zone !== null) faults.push([uplink(zone), `zone-${zone} uplink both`])
        const expected = [...new Set(faults.map(([, name]) => name))].toSorted()
        const loss = together(...faults.map(([fault]) => fault))
        expect(weakIn({ zones: 3, loss })).to.deep.equal(expected)
      }),
    )
  })

  it('is the same by rate, where no packet need be lost', () => {
    const slow = (options: MatrixOptions) => weakIn({ ...options, judgedBy: 'rate' })
    expect(slow({ loss: nic(7) })).to.deep.equal(['node-07 both'])
    expect(slow({ loss: cable(3, 5) })).to.deep.equal(['node-03 and node-05'])
    expect(slow({ zones: 3, loss: uplink(2) })).to.deep.equal(['zone-2 uplink both'])
    expect(slow({ loss: () => 0.5 })).to.deep.equal([])
  })

  it('is found in a ring as far as it can be', () => {
    expect(weakIn({ pairs: 'ring', loss: nic(7) })).to.deep.equal(['node-07 both'])
    expect(weakIn({ pairs: 'ring', loss: receiver(7) })).to.deep.equal(['node-06 to node-07'])
    expect(weakIn({ pairs: 'one', loss: nic(7) })).to.deep.equal(['node-06 to node-07'])
  })

  it('is found among few nodes', () => {
    expect(weakIn({ nodes: 2, loss: receiver(1) })).to.deep.equal(['node-00 to node-01'])
    expect(weakIn({ nodes: 2, loss: cable(0, 1) })).to.deep.equal(['node-00 and node-01'])
    expect(weakIn({ nodes: 3, loss: receiver(1) })).to.deep.equal(['node-01 receiver'])
    expect(weakIn({ nodes: 3, loss: nic(1) })).to.deep.equal(['node-01 both'])
    expect(weakIn({ nodes: 3, loss: cable(0, 1) })).to.deep.equal(['node-00 and node-01'])
    expect(weakIn({ nodes: 4, loss: together(nic(1), nic(2)) })).to.deep.equal([
      'node-01 both',
      'node-02 both',
    ])
  })

  it('says by the diagonal whether a node or its connection is weak', () => {
    const host: Loss = ({ from, to }) => (from === 7 || to === 7 ? 0.2 : 0)
    const port: Loss = ({ from, to }) => (from !== to && (from === 7 || to === 7) ? 0.2 : 0)
    expect(judgedMatrix({ sameNode: true, loss: host }).result?.weak).to.deep.equal([
      {
        kind: 'node',
        node: 'node-07',
        as: 'both',
        place: 'host',
        cells: 22,
        of: 22,
        sentence:
          'node-07 in both roles (22 of 22 pairs are bad): the node or its NIC, because its own pair is bad too',
      },
    ])
    expect(judgedMatrix({ sameNode: true, loss: port }).result?.weak[0]).to.include({ place: 'network' })
    const only: Loss = ({ from, to }) => (from === 7 && to === 7 ? 0.2 : 0)
    expect(judgedMatrix({ sameNode: true, loss: only }).result?.weak[0]).to.include({
      node: 'node-07',
      cells: 1,
    })
  })

  it('is nobody for holes and for cells whose generator fell short', () => {
    const holes: Loss = ({ from, to }) => (from === 7 || to === 7 ? 'the node went away' : 0)
    expect(judgedMatrix({ loss: holes }).result).to.deep.include({
      weak: [],
      sentence:
        'no node needs attention: all 110 pairs that were judged are good; 22 pairs could not be measured',
    })
    const matrix = matrixOf({ loss: nic(7) })
    for (const cell of matrix.cells)
      if (cell.kind === 'measured')
        for (const each of cell.attempts) if (each.lossRatio > 0) each.generatorShort = 'it sent 10 packets/s'
    const { result, cells } = concluded(matrix)
    expect(result?.weak).to.deep.equal([])
    expect(
      cells.filter((cell) => cell.kind === 'measured' && cell.outcome === 'not-judged'),
    ).to.have.lengthOf(22)
  })

  it('stays found where some cells are missing', () => {
    const some: Loss = ({ from, to }) => ((from + to) % 5 === 0 ? 'no VF was free' : to === 7 ? 0.2 : 0)
    expect(weakIn({ loss: some })).to.deep.equal(['node-07 receiver'])
  })

  it('does not depend on names or order, and needs a bad cell to name anybody', () => {
    const cases = fc.record({
      nodes: fc.integer({ min: 2, max: 7 }),
      zones: fc.constantFrom(0, 2, 3),
      bad: fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 20, selector: String }),
      keys: fc.array(fc.integer(), { minLength: 7, maxLength: 7 }),
    })
    fc.assert(
      fc.property(cases, ({ nodes, zones, bad, keys }) => {
        const isBad = new Set(bad.map(String))
        const matrix = matrixOf({
          nodes,
          zones,
          loss: ({ from, to }) => (isBad.has(String([from, to])) ? 0.3 : 0),
        })
        const whole = concluded(matrix)
        expect(nodeMatrixSchema.safeParse(whole).error).to.equal(undefined)
        const weak = whole.result?.weak ?? []
        const badCells = whole.cells.filter((cell) => cell.kind === 'measured' && cell.outcome === 'bad')
        expect(weak.length > 0).to.equal(badCells.length > 0)
        expect(concluded(matrix)).to.deep.equal(whole)

        const order = Array.from({ length: nodes }, (_, index) => index).toSorted(
          (one, other) => (keys[one] ?? 0) - (keys[other] ?? 0) || one - other,
        )
        const renamed = new Map(order.map((old, index) => [nodeName(old), nodeName(index)]))
        const rename = (name: string) => renamed.get(name) ?? name
        const shuffled = concluded({
          ...matrix,
          nodes: order.flatMap((old) => {
            const node = matrix.nodes[old]
            return node === undefined ? [] : [{ ...node, name: rename(node.name) }]
          }),
          cells: matrix.cells
            .map((cell) => ({ ...cell, sender: rename(cell.sender), receiver: rename(cell.receiver) }))
            .toReversed(),
        })
        const expected = weak.map((each): Weakness => {
          if (each.kind === 'node') return { ...each, node: rename(each.node) }
          if (each.kind !== 'pair') return each
          const [sender, receiver] = [rename(each.sender), rename(each.receiver)]
          return each.isBothWays && receiver < sender
            ? { ...each, sender: receiver, receiver: sender }
            : { ...each, sender, receiver }
        })
        expect(named(shuffled.result?.weak ?? [])).to.deep.equal(named(expected))
      }),
    )
  })

  it('is found among a hundred nodes with all their pairs', () => {
    const loss = together(nic(3), receiver(50), cable(7, 30), ({ from, to }) =>
      from >= 75 !== to >= 75 ? 0.1 : 0,
    )
    expect(weakIn({ nodes: 100, zones: 4, loss })).to.deep.equal([
      'node-03 both',
      'node-07 and node-30',
      'node-50 receiver',
      'zone-3 uplink both',
    ])
  })
})
