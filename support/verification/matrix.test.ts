import { expect } from 'chai'
import { judgedMatrix, matrixOf } from '../nodes/matrix.fixture.ts'
import type { MeasuredCell, NodeMatrix } from '../model/node-matrix.ts'
import { matrixDifferences } from './matrix.ts'

/** The matrix of twelve nodes, of which the third receives badly. */
const WEAK = judgedMatrix({ loss: ({ to }) => (to === 2 ? 0.2 : 0) })

function changed(change: (matrix: NodeMatrix, bad: MeasuredCell) => void): string[] {
  const matrix = structuredClone(WEAK)
  const bad = matrix.cells.find((cell) => cell.kind === 'measured' && cell.outcome === 'bad')
  change(matrix, bad as MeasuredCell)
  return matrixDifferences(matrix)
}

describe('the verification of a node matrix', () => {
  it('finds what the run found', () => {
    expect(WEAK.result?.nodes).to.have.lengthOf(1)
    expect(matrixDifferences(WEAK)).to.deep.equal([])
    expect(matrixDifferences(judgedMatrix())).to.deep.equal([])
  })

  it('takes one that was interrupted as it is', () => {
    expect(matrixDifferences(matrixOf({ loss: () => 0.2 }))).to.deep.equal([])
  })

  it('does not depend on wording', () => {
    const differences = changed((matrix, bad) => {
      bad.why = 'another sentence'
      if (matrix.result !== undefined) matrix.result.sentence = 'another sentence'
    })
    expect(differences).to.deep.equal([])
  })

  it('refuses a cell whose figures are not those of its counts', () => {
    const differences = changed((_, bad) => {
      for (const attempt of bad.attempts) Object.assign(attempt, { received: attempt.sent, lossRatio: 0 })
    })
    expect(differences.join()).to.match(/^the figures of 1 pair of nodes \(\S+ to \S+\) are not those/)
  })

  it('refuses an outcome that its counts do not give', () => {
    expect(changed((_, bad) => (bad.outcome = 'good')).join()).to.match(/^the outcomes of 1 pair of nodes/)
  })

  it('refuses a conclusion that its cells do not give', () => {
    const differences = changed(({ result }) => {
      if (result !== undefined) Object.assign(result, { weak: [], nodes: [] })
    })
    expect(differences).to.deep.equal(['the weak nodes are not those that the cells of the matrix give'])
  })
})
