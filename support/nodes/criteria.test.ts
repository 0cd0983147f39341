import { AssertionError, expect } from 'chai'
import type { NodeMatrix } from '../model/node-matrix.ts'
import { CriterionSkipped } from '../run/criterion.ts'
import { NODES } from './criteria.ts'
import { judgedMatrix, matrixOf, type MatrixOptions } from './matrix.fixture.ts'

/** Outcome and message of a criterion; only the outcome of a pass. */
function judged(id: string, matrix: NodeMatrix): string {
  const criterion = NODES.find((each) => each.id === id)
  if (criterion === undefined) throw new Error(id)
  try {
    criterion.judge({ matrix }, () => undefined)
    return 'passed'
  } catch (error) {
    if (error instanceof CriterionSkipped) return `${error.outcome}: ${error.message}`
    if (error instanceof AssertionError) return `failed: ${error.message}`
    throw error
  }
}

const outcomes = (matrix: NodeMatrix) =>
  Object.fromEntries(NODES.map(({ id }) => [id.slice('nodes.'.length), judged(id, matrix).split(':')[0]]))
const explainedBy = (options: MatrixOptions) =>
  NODES.find(({ id }) => id === 'nodes.all-carry')?.explainedBy?.({ matrix: judgedMatrix(options) })

const NIC: MatrixOptions = { loss: ({ from, to }) => (from === 7 || to === 7 ? 0.2 : 0) }
const PAIR: MatrixOptions = { loss: ({ from, to }) => (from === 7 && to === 3 ? 0.2 : 0) }

describe('the criteria of the node matrix', () => {
  it('pass if every pair is good', () => {
    expect(outcomes(judgedMatrix())).to.deep.equal({
      coverage: 'passed',
      'none-weak': 'passed',
      'all-carry': 'passed',
    })
  })

  it('fail for a weak node, which explains its pairs', () => {
    expect(outcomes(judgedMatrix(NIC))).to.deep.equal({
      coverage: 'passed',
      'none-weak': 'failed',
      'all-carry': 'failed',
    })
    expect(explainedBy(NIC)).to.equal('nodes.none-weak')
    expect(judged('nodes.none-weak', judgedMatrix(NIC))).to.equal(
      'failed: 1 of 12 nodes needs attention: node-07 in both roles (22 of 22 pairs are bad)',
    )
  })

  it('fail for a bad pair, which no node explains', () => {
    expect(outcomes(judgedMatrix(PAIR))).to.deep.equal({
      coverage: 'passed',
      'none-weak': 'passed',
      'all-carry': 'failed',
    })
    expect(explainedBy(PAIR)).to.equal(undefined)
  })

  it('blame no node where almost every pair is bad', () => {
    expect(outcomes(judgedMatrix({ loss: () => 0.5 }))).to.deep.equal({
      coverage: 'passed',
      'none-weak': 'not-judged',
      'all-carry': 'failed',
    })
  })

  it('are inconclusive where pairs could not be measured, which fails nothing else', () => {
    const matrix = judgedMatrix({ loss: ({ to }) => (to === 7 ? 'node-07 went away' : 0) })
    expect(outcomes(matrix)).to.deep.equal({
      coverage: 'inconclusive',
      'none-weak': 'passed',
      'all-carry': 'passed',
    })
    expect(judged('nodes.coverage', matrix)).to.equal(
      'inconclusive: 11 pairs could not be measured of 132: node-07 went away',
    )
  })

  it('judge nothing that was not measured', () => {
    const nothing = judgedMatrix({ loss: () => 'no VF was free' })
    expect(outcomes(nothing)).to.deep.equal({
      coverage: 'inconclusive',
      'none-weak': 'not-judged',
      'all-carry': 'not-judged',
    })
    expect(judged('nodes.all-carry', matrixOf())).to.include('not all pairs of nodes were measured')
  })

  it('are asked for by the parameter', () => {
    for (const { onlyIf } of NODES) {
      expect(onlyIf.isAsked({})).to.equal(false)
      expect(onlyIf.isAsked({ nodes: 'all' })).to.equal(true)
    }
  })
})
