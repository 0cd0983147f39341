/** Stages before anything is created: the ConfigMap is claimed, parameters are read, the cluster is looked at. */
import type { Readable } from '../cluster/inventory.ts'
import { describeError } from '../common/errors.ts'
import { claimConfigMap } from './claim.ts'
import type { Cluster } from './connect.ts'
import type { Environment } from './environment.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { examineAll, type Findings, violated } from './preflight/index.ts'
import { Survey } from './preflight/survey.ts'
import type { Run } from './run.ts'
import { noteSimulation, noteVersion } from './simulation.ts'
import { StageFailure } from './stage.ts'
import { timeouts } from './timeouts.ts'

export interface Claimed {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly data: Readonly<Record<string, string>>
}

export interface Configured {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly parameters: Parameters
}

/** Takes the ConfigMap for this run. */
export async function claim(run: Run): Promise<Claimed> {
  const { cluster, environment } = run.connect(process.env)
  return run.journal.phase('claim the ConfigMap', 'suite', async () => {
    // Beside the claim: a run that gets no further than this has to know it too.
    const noted = noteSimulation(run, () => cluster)
    const startedAt = run.journal.startedAt.toISOString()
    const { configMaps } = cluster
    // Set before it is known: an update whose answer nobody waits for any more may still have been made.
    run.claimed = { cluster, environment, isCertain: false }
    const limits = run.limits(timeouts.apiRequest)
    try {
      const data = await claimConfigMap(configMaps, environment, startedAt, limits)
      run.claimed = { cluster, environment, isCertain: true }
      return { cluster, environment, data }
    } finally {
      await noted
    }
  })
}

export function configure(run: Run, { cluster, environment, data }: Claimed): Configured {
  const parameters = readParameters(data)
  run.journal.parameters(parameters.asUsed)
  parameters.warnings.forEach((warning) => {
    run.journal.warn(warning)
  })
  run.scene.parameters = parameters
  run.verbose = parameters.verbose
  run.startDeadline(parameters.timeout)
  return { cluster, environment, parameters }
}

/**
 * Looks at everything that can be known before anything is created; nothing of it changes the cluster.
 * @param parameters undefined where they are not valid: what does not depend on them is looked at all the same
 */
export async function checkPreconditions(
  run: Run,
  { cluster, environment }: Pick<Claimed, 'cluster' | 'environment'>,
  parameters: Parameters | undefined,
): Promise<Findings> {
  return run.journal.phase('check the preconditions', 'suite', async () => {
    const limits = run.limits(timeouts.preconditions)
    const survey = new Survey(cluster.inventory, environment.namespace, parameters, limits)
    const [findings] = await Promise.all([examineAll(survey), noteVersions(run, survey)])
    run.scene.preflight = findings
    for (const { warnings } of findings.values()) for (const warning of warnings) run.journal.warn(warning)
    return findings
  })
}

/** For the report, with the reason where one is not known. */
async function noteVersions(run: Run, survey: Survey): Promise<void> {
  const [kubernetes, kubeVirt] = await Promise.all([
    readVersion(survey.kubernetesVersion(), (version) => version),
    readVersion(survey.kubeVirt(), ({ status }) => status?.observedKubeVirtVersion ?? undefined),
  ])
  if ('version' in kubernetes) noteVersion(run, kubernetes.version)
  run.journal.cluster({
    ...('version' in kubernetes
      ? { kubernetesVersion: kubernetes.version }
      : { kubernetesVersionUnknown: kubernetes.unknown }),
    ...('version' in kubeVirt
      ? { kubevirtVersion: kubeVirt.version }
      : { kubevirtVersionUnknown: kubeVirt.unknown }),
  })
}

async function readVersion<T>(
  reading: Promise<Readable<T>>,
  versionOf: (found: T) => string | undefined,
): Promise<{ version: string } | { unknown: string }> {
  try {
    const read = await reading
    if (!('found' in read)) return { unknown: Object.values(read).join() }
    const version = versionOf(read.found)
    return version === undefined ? { unknown: 'its status does not tell' } : { version }
  } catch (error) {
    return { unknown: describeError(error) }
  }
}

/** @throws StageFailure naming what is not met: then nothing is created */
export function mustBeMet(findings: Findings): void {
  const unmet = violated(findings)
  if (unmet.length > 0) throw new StageFailure('not-judged', `nothing was created, see ${unmet.join(', ')}`)
}
