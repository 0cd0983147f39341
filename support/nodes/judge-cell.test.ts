import { expect } from 'chai'
import { ledgerOfCell, type MatrixCell, type NodeMatrix } from '../model/node-matrix.ts'
import { cellsToRepeat, judgeCells, LEAST_SHARE, mostRepeats, recoveredCells } from './judge-cell.ts'
import { attempt, matrixOf, measuredCell, nodeName } from './matrix.fixture.ts'

const PAIR = { sender: nodeName(0), receiver: nodeName(1) }
const alone = (loss: number, more = {}) => attempt(loss, { isAlone: true, ...more })

/** A matrix whose cell PAIR has these attempts. */
function withAttempts(...attempts: Parameters<typeof measuredCell>[1]): NodeMatrix {
  const matrix = matrixOf({ nodes: 4 })
  const cells = matrix.cells.map((cell): MatrixCell => (isPair(cell) ? measuredCell(PAIR, attempts) : cell))
  return { ...matrix, cells }
}

function isPair({ sender, receiver }: MatrixCell): boolean {
  return sender === PAIR.sender && receiver === PAIR.receiver
}

function judged(matrix: NodeMatrix) {
  const cell = judgeCells(matrix).find(isPair)
  return cell?.kind === 'measured' ? { outcome: cell.outcome, why: cell.why } : undefined
}

describe('a cell of a node matrix', () => {
  it('is good up to the allowed loss, and bad above it', () => {
    expect(judged(withAttempts(attempt(0.001)))).to.deep.equal({ outcome: 'good', why: undefined })
    expect(judged(withAttempts(attempt(0.002)))).to.deep.equal({
      outcome: 'bad',
      why: '2,000 of 1,000,000 packets were lost (0.2 %)',
    })
  })

  it('is bad if it delivers much less than cells with equal hardware', () => {
    const slow = (share: number) => attempt(0, { deliveredPacketsPerSecond: 1_000_000 * share })
    expect(judged(withAttempts(slow(LEAST_SHARE)))?.outcome).to.equal('good')
    expect(judged(withAttempts(slow(0.9)))?.why).to.equal(
      'it delivers 900,000 packets/s, 90 % of the 1,000,000 that is usual here',
    )
    const matrix = withAttempts(slow(0.5))
    const other = { ...matrix, nodes: matrix.nodes.map((node) => ({ ...node })) }
    for (const node of other.nodes) if (node.name === PAIR.sender) node.hardware = 'an older NIC'
    // Three cells are sent by the older NIC: the others are its equals.
    expect(judged(other)?.outcome).to.equal('bad')
    for (const node of other.nodes) node.hardware = node.name
    expect(judged(other)?.outcome).to.equal('good')
  })

  it('is judged by rate only, however much is lost, where each was measured at the highest load', () => {
    const lossy = attempt(0.5, { deliveredPacketsPerSecond: 990_000 })
    expect(judged({ ...withAttempts(lossy), judgedBy: 'rate' })?.outcome).to.equal('good')
  })

  it('is not judged at the highest load if its generator is slower than others', () => {
    const slow = attempt(0, { sent: 500_000, received: 500_000, deliveredPacketsPerSecond: 500_000 })
    expect(judged({ ...withAttempts(slow), judgedBy: 'rate' })).to.deep.equal({
      outcome: 'not-judged',
      why: 'its traffic generator sent 500,000 packets/s, 50 % of the 1,000,000 that is usual here',
    })
  })

  it('needs two of three attempts to be bad', () => {
    expect(judged(withAttempts(attempt(0.5), alone(0.5)))?.outcome).to.equal('bad')
    expect(judged(withAttempts(attempt(0.5), alone(0)))?.outcome).to.equal('good')
    expect(judged(withAttempts(attempt(0.5), alone(0), alone(0)))?.outcome).to.equal('good')
    expect(judged(withAttempts(attempt(0.5), alone(0), alone(0.4)))?.why).to.equal(
      '400,000 of 1,000,000 packets were lost (40 %) in 2 of 3 attempts',
    )
    expect(
      recoveredCells({ ...matrixOf(), cells: judgeCells(withAttempts(attempt(0.5), alone(0))) }),
    ).to.equal(1)
  })

  it('is not judged if its generator fell short, or others send', () => {
    const short = { generatorShort: 'it sent 10 packets/s' }
    expect(judged(withAttempts(attempt(0.5, short)))).to.deep.equal({
      outcome: 'not-judged',
      why: 'the traffic generator fell short: it sent 10 packets/s',
    })
    expect(judged(withAttempts(attempt(0, { received: 1_000_500 })))?.why).to.equal(
      '1,000,500 packets came back of 1,000,000 sent: other hosts send to this network',
    )
    expect(judged(withAttempts(attempt(0, { sent: 0, received: 0 })))?.outcome).to.equal('not-judged')
    expect(judged(withAttempts(attempt(0.5, short), alone(0)))?.outcome).to.equal('good')
  })

  it('keeps its ledger, without the zeros that make up most of it', () => {
    const { ledger } = attempt(0.5)
    expect(Object.keys(ledger)).to.deep.equal(['eastToWest'])
    expect(ledgerOfCell(ledger).westToEast.vmRx).to.equal(0)
    expect(ledgerOfCell(ledger).vmRxNoMbuf).to.equal(0)
  })
})

describe('the cells that are repeated alone', () => {
  const repeats = (matrix: NodeMatrix) =>
    cellsToRepeat(matrix).map(({ sender, receiver }) => [sender, receiver])

  it('are the bad ones, until two of three attempts agree', () => {
    const pair = [[PAIR.sender, PAIR.receiver]]
    expect(repeats(matrixOf())).to.deep.equal([])
    expect(repeats(withAttempts(attempt(0.5)))).to.deep.equal(pair)
    expect(repeats(withAttempts(attempt(0.5), alone(0.5)))).to.deep.equal([])
    expect(repeats(withAttempts(attempt(0.5), alone(0)))).to.deep.equal(pair)
    expect(repeats(withAttempts(attempt(0.5), alone(0), alone(0.5)))).to.deep.equal([])
    expect(repeats(withAttempts(attempt(0.5), alone(0, { generatorShort: 'slow' })))).to.deep.equal(pair)
    expect(repeats(withAttempts(attempt(0.5, { generatorShort: 'slow' })))).to.deep.equal([])
  })

  it('are three of a line at most, whatever is bad', () => {
    const column = matrixOf({ nodes: 12, loss: ({ to }) => (to === 7 ? 0.2 : 0) })
    expect(repeats(column)).to.have.lengthOf(3)
    const all = matrixOf({ nodes: 12, loss: () => 0.2 })
    expect(repeats(all)).to.have.lengthOf(36)
    expect(2 * repeats(all).length).to.equal(mostRepeats(12))
  })

  it('speak for those of their lines that are not repeated', () => {
    const column = matrixOf({ nodes: 12, loss: ({ to }) => (to === 7 ? 0.2 : 0) })
    const outcomes = (loss: number) => {
      const chosen = new Set(repeats(column).map(String))
      const cells = column.cells.map((cell) =>
        cell.kind === 'measured' && chosen.has(String([cell.sender, cell.receiver]))
          ? { ...cell, attempts: [...cell.attempts, alone(loss), alone(loss)] }
          : cell,
      )
      const found = judgeCells({ ...column, cells })
      return (['bad', 'not-judged'] as const).map(
        (outcome) => found.filter((cell) => cell.kind === 'measured' && cell.outcome === outcome).length,
      )
    }
    expect(outcomes(0.2)).to.deep.equal([11, 0])
    expect(outcomes(0)).to.deep.equal([0, 8])
  })

  it('are chosen again after they were measured, but no others', () => {
    const matrix = matrixOf({ nodes: 12, loss: () => 0.2 })
    const chosen = new Set(repeats(matrix).map(String))
    const cells = matrix.cells.map((cell) =>
      cell.kind === 'measured' && chosen.has(String([cell.sender, cell.receiver]))
        ? { ...cell, attempts: [...cell.attempts, alone(0.2)] }
        : cell,
    )
    expect(repeats({ ...matrix, cells })).to.deep.equal([])
  })
})
