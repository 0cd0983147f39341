/** The stages before anything is created: parameters and preflight. */
import type { Claimed } from '../run/claimed.ts'
import { recordIdentity } from '../run/cluster-identity.ts'
import type { Cluster } from '../run/connect.ts'
import type { Environment } from '../run/environment.ts'
import { planLine } from '../report/header.ts'
import type { ChosenNode } from './matrix/choose-nodes.ts'
import { networksOf, type Parameters } from './parameters.ts'
import { readParameters } from './read-parameters.ts'
import { readChosen } from './preflight/matrix.ts'
import { mayWatchVmis } from './preflight/permissions.ts'
import { examineAll, type PreflightFindings, violated } from './preflight/preflight.ts'
import { Survey } from './preflight/survey.ts'
import { type BootIds, bootIdsOf } from '../cluster/node-reboot.ts'
import type { SriovNodeState } from '../cluster/schemas/sriov-node-state.ts'
import { nodeFacts } from './node-facts.ts'
import type { Run } from '../run/run.ts'
import { recordVersion, readVersion } from '../run/simulation.ts'
import { StageFailure } from '../run/stage.ts'
import { timeouts } from '../model/timeouts.ts'
import { usualTime } from './usual-time.ts'

export interface Preconditions {
  readonly findings: PreflightFindings
  readonly bootIds: BootIds
  /** The nodes of the matrix; undefined if none are requested, or they could not be chosen. */
  readonly chosen?: readonly ChosenNode[] | undefined
  /** Whether the account may watch VMIs, by its rules. */
  readonly mayWatch: boolean
}

export interface Configured {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly parameters: Parameters
}

/** What the testbed is created with. */
export interface Provisionable extends Configured {
  /** The boot ids of the readable nodes before the VMIs are created. */
  readonly bootIds?: BootIds
}

export function configure(run: Run, { cluster, environment, data }: Claimed): Configured {
  const parameters = readParameters(data)
  run.journal.parameters(parameters.asUsed)
  const { profile, waivers, acceptWaivers: acceptsWaivers } = parameters
  run.journal.certification({ profile, waivers, acceptsWaivers })
  for (const { parameter, profile: value, used } of profile?.deviations ?? [])
    run.journal.warn(
      `${parameter} is ${used}, not ${value} as in profile ${profile?.name ?? ''}: the run gives no certificate`,
    )
  parameters.warnings.forEach((warning) => {
    run.journal.warn(warning)
  })
  run.verbose = parameters.verbose
  if (parameters.verbose) run.progress.showDetails()
  run.startDeadline(parameters.timeout)
  const { testDuration, timeout } = parameters
  // The speed of simulated guests on this machine is unknown.
  const expected = run.journal.isSimulated ? undefined : usualTime(parameters)
  run.progress.expect({ remaining: expected ?? timeout, isUsual: expected !== undefined })
  run.progress.line(
    planLine({
      networks: [...new Set(Object.values(networksOf(parameters)))],
      engine: parameters.trafficGenEngine.name,
      packetsPerSecond: parameters.trafficGenPacketsPerSecond,
      directions: parameters.directions,
      testDuration,
      timeout,
      usual: expected,
    }),
  )
  return { cluster, environment, parameters }
}

/**
 * Runs the preflight checks, which change nothing in the cluster.
 * @param parameters undefined if they are invalid: checks that do not depend on them run anyway
 */
export async function checkPreconditions(
  run: Run,
  { cluster, environment }: Pick<Claimed, 'cluster' | 'environment'>,
  parameters: Parameters | undefined,
): Promise<Preconditions> {
  return run.journal.phase('check the preconditions', 'suite', async () => {
    const limits = run.limits(timeouts.preconditions)
    const survey = new Survey(
      cluster.inventory,
      environment.namespace,
      parameters,
      limits,
      environment.configMap,
    )
    const [findings, chosen, mayWatch, bootIds] = await Promise.all([
      examineAll(survey),
      // The preflight check of this object reports what is wrong.
      readChosen(survey).catch(() => undefined),
      mayWatchVmis(survey).catch(() => false),
      recordNodes(run, survey),
      recordVersions(run, survey),
      recordIdentity(run.journal, cluster.inventory, environment.namespace, run.limits(timeouts.clusterKind)),
    ])
    for (const { warnings } of findings.values()) for (const warning of warnings) run.journal.warn(warning)
    return { findings, bootIds, chosen: chosen?.nodes, mayWatch }
  })
}

/** For the report; with the reason if a version is unknown. */
async function recordVersions(run: Run, survey: Survey): Promise<void> {
  const [kubernetes, kubeVirt] = await Promise.all([
    readVersion(survey.kubernetesVersion(), (version) => version),
    readVersion(survey.kubeVirt(), ({ status }) => status?.observedKubeVirtVersion ?? undefined),
  ])
  recordVersion(run, kubernetes)
  run.journal.cluster({
    ...('version' in kubernetes
      ? { kubernetesVersion: kubernetes.version }
      : { kubernetesVersionUnknown: kubernetes.unknown }),
    ...('version' in kubeVirt
      ? { kubevirtVersion: kubeVirt.version }
      : { kubevirtVersionUnknown: kubeVirt.unknown }),
  })
}

/**
 * Records the nodes' names, so that a report can be redacted, and facts about them. Never throws: nodes that cannot be
 * read are missing in the report.
 * @returns their boot ids
 */
async function recordNodes(run: Run, survey: Survey): Promise<BootIds> {
  try {
    const [read, states] = await Promise.all([survey.nodes(), statesOf(survey)])
    if (!('found' in read)) return bootIdsOf([])
    const { nodes } = read.found
    run.journal.cluster({ nodes: nodes.map(({ metadata }) => metadata.name).toSorted() })
    run.journal.nodes(nodes.map((node) => nodeFacts(node, states)))
    return bootIdsOf(nodes)
  } catch {
    return bootIdsOf([])
    // The preflight check of the nodes reports the error.
  }
}

async function statesOf(survey: Survey): Promise<readonly SriovNodeState[]> {
  try {
    const read = await survey.sriovNodeStates()
    return 'found' in read ? read.found : []
  } catch {
    // The preflight check of the policies reports the error.
    return []
  }
}

/**
 * @param isWaived whether a failure is waived: it does not end the run
 * @throws StageFailure naming the criteria that are not met; then nothing is created
 */
export function mustBeMet({ findings }: Preconditions, isWaived: (id: string) => boolean): void {
  const unmet = violated(findings).filter((id) => findings.get(id)?.outcome !== 'failed' || !isWaived(id))
  if (unmet.length > 0) throw new StageFailure('not-judged', `nothing was created, see ${unmet.join(', ')}`)
}
