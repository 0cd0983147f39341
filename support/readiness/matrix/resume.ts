/** Cells that an interrupted run has measured, from its report. */
import { InvalidInputError } from '../../common/errors.ts'
import type { MatrixCell } from '../../model/node-matrix.ts'
import { readReport } from '../../report/read-report.ts'
import type { Parameters } from '../parameters.ts'

/** Environment variable: path of a report.json, or of its folder. */
export const RESUME_VARIABLE = 'DPDK_CHECKUP_RESUME'

export interface Resumed {
  readonly cells: readonly MatrixCell[]
  readonly environmentDigest: string
}

/**
 * Undefined if no report is given.
 * @throws InvalidInputError if it is not the report of such a run
 */
export async function readResumed(
  env: NodeJS.ProcessEnv,
  { nodes }: Pick<Parameters, 'nodes'>,
): Promise<Resumed | undefined> {
  const path = env[RESUME_VARIABLE]
  if (path === undefined || path === '') return undefined
  if (nodes === undefined)
    throw new InvalidInputError([
      '--resume has no effect without spec.param.nodes: a run of one pair always starts anew',
    ])
  const { nodeMatrix } = await readReport(path)
  if (nodeMatrix === undefined)
    throw new InvalidInputError([`${path} is of a run without spec.param.nodes: there is nothing to resume`])
  const { cells, environmentDigest } = nodeMatrix
  return { cells: cells.filter(({ kind }) => kind === 'measured'), environmentDigest }
}

/** @throws InvalidInputError if the report's cells cannot be compared with this run's cells */
export function mustBeSameEnvironment(resumed: Resumed, digest: string): void {
  if (resumed.environmentDigest === digest) return
  throw new InvalidInputError([
    `the run that --resume names had another environment (its digest is ${resumed.environmentDigest.slice(0, 19)}…, now it is ${digest.slice(0, 19)}…): the cluster, its versions, its nodes, or the parameters of a cell have changed, so its measured pairs cannot be reused; start anew without --resume`,
  ])
}
