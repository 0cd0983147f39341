/** The stage of the node matrix: the first pair goes, then the VMIs of all nodes are created and measured. */
import { keepHeapSmall } from '../../common/small-heap.ts'
import { ListedVmis } from '../../cluster/listed-vmis.ts'
import { WatchedVmis } from '../../cluster/watched-vmis.ts'
import type { MatrixCell, NodeMatrix } from '../../model/node-matrix.ts'
import type { Run } from '../../run/run.ts'
import { StageFailure } from '../../run/stage.ts'
import type { Configured, Preconditions, Provisionable } from '../configure.ts'
import { ownerFor } from '../provision.ts'
import { runScope } from '../run-vmis.ts'
import { holdCampaign } from './campaign.ts'
import type { ChosenNode } from './choose-nodes.ts'
import { environmentDigest } from './environment-digest.ts'
import { measureMatrix } from './measure-matrix.ts'
import { mustBeSameEnvironment, readResumed } from './resume.ts'

export interface Paired extends Configured {
  readonly matrix: NodeMatrix
}

/** Puts the first pair on two of the requested nodes, if nodes are requested. */
export function onChosenNodes(configured: Configured, chosen: readonly ChosenNode[] | undefined): Configured {
  const usable = chosen?.filter(({ room }) => room > 0).map(({ name }) => name) ?? []
  const [vmUnderTest, trafficGenerator = vmUnderTest] = usable
  if (vmUnderTest === undefined || trafficGenerator === undefined) return configured
  const targetNodes = { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGenerator }
  return { ...configured, parameters: { ...configured.parameters, targetNodes } }
}

/** What is known of the matrix before objects are created. */
export interface Campaign {
  readonly environmentDigest: string
  /** Cells of the run that is resumed. */
  readonly kept: readonly MatrixCell[]
}

/** Claims the cluster for this run, if its parameters request many nodes.
 * @throws SuiteError `in-use`; InvalidInputError if the run to resume had another environment
 */
export async function openCampaign(
  run: Run,
  configured: Configured,
  { chosen = [] }: Preconditions,
): Promise<Campaign | undefined> {
  const { parameters } = configured
  const resumed = await readResumed(process.env, parameters)
  if (parameters.nodes === undefined) return undefined
  const digest = environmentDigest(run.journal, parameters, chosen)
  if (resumed !== undefined) mustBeSameEnvironment(resumed, digest)
  await holdCampaign(run, configured)
  return { environmentDigest: digest, kept: resumed?.cells ?? [] }
}

/** @throws StageFailure; InterruptedError */
export async function matrix(
  run: Run,
  configured: Configured,
  { chosen = [], bootIds, mayWatch }: Preconditions,
  campaign: Campaign,
): Promise<Paired> {
  const limits = run.teardownLimits(0)
  const left = await run.journal.phase('remove the first pair', 'suite', () =>
    run.cleanup.run(limits, { triesAgain: true, onlyTestbed: true }),
  )
  if (left.length > 0)
    throw new StageFailure('error', `the first pair could not be removed: ${left.join(', ')}`)
  const { cluster, environment } = configured
  const scope = runScope(run, environment)
  const vmis = mayWatch ? new WatchedVmis(cluster.client, scope) : new ListedVmis(cluster.client, scope)
  const listed: Provisionable = { ...configured, cluster: { ...cluster, vmis }, bootIds }
  keepHeapSmall()
  const owner = await ownerFor(run, configured)
  return { ...configured, matrix: await measureMatrix(run, listed, { nodes: chosen, owner, ...campaign }) }
}
