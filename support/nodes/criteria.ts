/** The criteria of the node matrix. Pairs that were not requested are neither skipped nor inconclusive. */
import { assert } from 'chai'
import { plural } from '../common/text.ts'
import type { MatrixCell, NodeMatrix } from '../model/node-matrix.ts'
import { inconclusive, skipCriterion } from '../run/criterion.ts'
import type { CriterionRecord, RecordFact } from '../run/criterion-record.ts'

/** The facts of the stage that measures the pairs. */
export interface Paired {
  /** With outcomes of its cells, and with its result. */
  readonly matrix: NodeMatrix
}

type NodesCriterion = CriterionRecord<{ readonly paired: Paired }, 'paired'> & {
  readonly onlyIf: {
    readonly parameter: 'nodes'
    readonly isAsked: (parameters: { readonly nodes?: unknown }) => boolean
  }
}

/** Most cells that a criterion records as facts; the reports list all. */
const MOST_RECORDED = 20

const onlyIf: NodesCriterion['onlyIf'] = {
  parameter: 'nodes',
  isAsked: ({ nodes }) => nodes !== undefined,
}

/** In this order, so that a weak node explains its pairs. */
export const NODES: readonly NodesCriterion[] = [
  {
    id: 'nodes.coverage',
    title: 'every requested pair of nodes was measured and judged',
    rationale: 'A weak node may be among the nodes that were not measured.',
    remediation:
      'Read in the report why pairs were not measured: a node accepts no VMI, a boot failed, or the time was too short.',
    guardsHonesty: true,
    mustIn: ['telco', 'performance'],
    stage: 'paired',
    onlyIf,
    judge: ({ matrix }, record) => {
      const { cells } = matrix
      const holes = cells.filter((cell) => cell.kind === 'hole')
      const unjudged = cells.filter((cell) => cell.kind === 'measured' && cell.outcome === 'not-judged')
      record('pairs', `${cells.length - holes.length - unjudged.length} judged of ${cells.length} asked for`)
      recordCells([...holes, ...unjudged], record)
      if (holes.length + unjudged.length === 0) return
      const problems = [
        ...(holes.length === 0 ? [] : [`${plural(holes.length, 'pair')} could not be measured`]),
        ...(unjudged.length === 0 ? [] : [`${plural(unjudged.length, 'pair')} could not be judged`]),
      ]
      const [first] = [...holes, ...unjudged].map(whyOf)
      inconclusive(`${problems.join(', ')} of ${cells.length}: ${first ?? ''}`)
    },
  },
  {
    id: 'nodes.none-weak',
    title: 'no node and no zone’s uplink is weaker than the others',
    rationale: 'A workload may be scheduled to any node, so a single weak node can lose its packets.',
    remediation:
      'Compare the NIC, firmware, BIOS, kernel and switch port of the weak node with those of a good node.',
    mustIn: ['telco', 'performance'],
    stage: 'paired',
    onlyIf,
    judge: ({ matrix }, record) => {
      const { weak, sentence } = resultOf(matrix)
      if (!hasJudged(matrix)) skipCriterion('no pair of nodes could be judged')
      for (const each of weak) record(each.kind, each.sentence)
      if (weak.some(({ kind }) => kind === 'all'))
        skipCriterion('almost every pair is bad, so no single node can be blamed')
      const lines = weak.filter(({ kind }) => kind === 'node' || kind === 'zone')
      assert(lines.length === 0, sentence)
    },
  },
  {
    id: 'nodes.all-carry',
    title: 'every pair of nodes carries the traffic',
    rationale: 'A workload’s VMs may run on any two nodes.',
    remediation: 'Check the path between the two nodes: switch ports, cables, links between switches.',
    mustIn: ['telco', 'performance'],
    stage: 'paired',
    onlyIf,
    judge: ({ matrix }, record) => {
      const { sentence, recovered } = resultOf(matrix)
      if (!hasJudged(matrix)) skipCriterion('no pair of nodes could be judged')
      const bad = matrix.cells.filter((cell) => cell.kind === 'measured' && cell.outcome === 'bad')
      record('result', sentence)
      record('bad pairs', bad.length)
      if (recovered > 0) record('pairs that were good when measured again, one at a time', recovered)
      recordCells(bad, record)
      assert(bad.length === 0, sentence)
    },
    explainedBy: ({ matrix }) => {
      // Single pairs are a failure of their own.
      const { weak } = resultOf(matrix)
      return weak.every(({ kind }) => kind === 'node' || kind === 'zone') ? 'nodes.none-weak' : undefined
    },
  },
]

function hasJudged({ cells }: NodeMatrix): boolean {
  return cells.some((cell) => cell.kind === 'measured' && cell.outcome !== 'not-judged')
}

function resultOf({ result }: NodeMatrix): NonNullable<NodeMatrix['result']> {
  return result ?? skipCriterion('not all pairs of nodes were measured before the run ended')
}

function recordCells(cells: readonly MatrixCell[], record: RecordFact): void {
  for (const cell of cells.slice(0, MOST_RECORDED)) record(`${cell.sender} to ${cell.receiver}`, whyOf(cell))
  if (cells.length > MOST_RECORDED) record('and more', `${cells.length - MOST_RECORDED}, see the report`)
}

function whyOf(cell: MatrixCell): string | undefined {
  return cell.kind === 'hole' ? cell.reason : cell.why
}
