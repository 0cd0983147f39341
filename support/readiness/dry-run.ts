/** Judges only the criteria that need no testbed. Creates and changes nothing. */
import { isSimulatedVersion } from '../common/lab-facts.ts'
import { describeError, InterruptedError, InvalidInputError, TimeoutError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Criterion } from '../model/criterion-result.ts'
import { SIMULATION_UNKNOWN } from '../report/verdict-text.ts'
import { InUseError, mustBeUnused } from '../run/claim.ts'
import type { Cluster } from '../run/connect.ts'
import { CONFIGMAP, PARAMETERS } from './criteria/precondition.ts'
import type { Parameters } from './parameters.ts'
import { readParameters } from './read-parameters.ts'
import { timeouts } from '../model/timeouts.ts'
import { examineAll, PREFLIGHT } from './preflight/preflight.ts'
import { Survey } from './preflight/survey.ts'

export interface DryRunOptions {
  readonly cluster: Cluster
  readonly namespace: string
  /** If undefined, all parameters come from `data`. */
  readonly configMap: string | undefined
  /** Keys that override the ConfigMap's. */
  readonly data: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface DryRun {
  readonly criteria: readonly Criterion[]
  readonly warnings: readonly string[]
  /** The cluster is a lab with simulated guests. */
  readonly simulated: boolean
}

/**
 * @throws TimeoutError, ApiError if the API server is unreachable or rejects the account, so that nothing can be read;
 * InterruptedError. Every other failure is reported by its criterion.
 */
export async function dryRun(options: DryRunOptions): Promise<DryRun> {
  const { cluster, namespace, configMap, data, signal } = options
  const limits = { signal, timeout: timeouts.dryRun }
  const version = await answers(cluster, limits)
  const found = await readData(cluster, namespace, configMap, limits)
  const configured = configure(found.data, data)
  const findings = await examineAll(new Survey(cluster.inventory, namespace, configured.parameters, limits))
  const checks = PREFLIGHT.filter(({ id }) => findings.has(id)).map(({ id, title }): Criterion => {
    const { outcome = 'error', problems = [], evidence = [] } = findings.get(id) ?? {}
    return { id, title, outcome, message: problems.join('; '), evidence: [...evidence], duration: 0 }
  })
  const warnings = [
    ...(configured.parameters?.warnings ?? []),
    ...[...findings.values()].flatMap((finding) => finding.warnings),
    ...(version === undefined ? [SIMULATION_UNKNOWN] : []),
  ]
  return {
    criteria: [found.criterion, configured.criterion, ...checks],
    warnings: [...new Set(warnings)],
    simulated: version !== undefined && isSimulatedVersion(version),
  }
}

/**
 * Waits until the API server answers, with any status. Resolves to its version, if readable.
 * @throws TimeoutError, ApiError if it answers nothing; InterruptedError
 */
async function answers({ inventory }: Cluster, limits: Limits): Promise<string | undefined> {
  const timeout = Math.min(limits.timeout, timeouts.clusterKind)
  const [version, api] = await Promise.allSettled([
    inventory.kubernetesVersion({ ...limits, timeout }),
    inventory.resources('kubevirt.io', 'v1', limits),
  ])
  if (version.status === 'fulfilled') return 'found' in version.value ? version.value.found : undefined
  // Throw the first refusal, not an error that the shorter time limit caused.
  if (api.status === 'rejected') throw version.reason instanceof TimeoutError ? api.reason : version.reason
  return undefined
}

interface Data {
  readonly criterion: Criterion
  /** Undefined if the ConfigMap does not exist or cannot be read. */
  readonly data: Readonly<Record<string, string>> | undefined
}

/** Reads the ConfigMap as a run would, without claiming it. */
async function readData(
  { configMaps }: Cluster,
  namespace: string,
  configMap: string | undefined,
  limits: Limits,
): Promise<Data> {
  const { id, title } = CONFIGMAP
  const judged = (outcome: Criterion['outcome'], message = ''): Criterion => {
    const evidence =
      configMap === undefined ? [] : [{ what: 'ConfigMap', value: `${namespace}/${configMap}` }]
    return { id, title, outcome, message, evidence, duration: 0 }
  }
  if (configMap === undefined)
    return { criterion: judged('not-judged', 'no ConfigMap was named'), data: undefined }
  try {
    const { data: stored, immutable } = await configMaps.get(namespace, configMap, limits)
    const data = stored ?? {}
    if (immutable === true) {
      const wrong = `ConfigMap ${namespace}/${configMap} is immutable, but a run must write its status into the ConfigMap: create the ConfigMap again without \`immutable: true\``
      return { criterion: judged('error', wrong), data }
    }
    try {
      mustBeUnused(data, { namespace, configMap })
    } catch (error) {
      // A run says so as the remedy of its cause.
      if (error instanceof InUseError)
        return { criterion: judged('error', `${error.message}: delete and recreate it`), data }
      throw error
    }
    return { criterion: judged('passed'), data }
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    return { criterion: judged('error', describeError(error)), data: undefined }
  }
}

function configure(
  found: Readonly<Record<string, string>> | undefined,
  given: Readonly<Record<string, string>>,
): { criterion: Criterion; parameters: Parameters | undefined } {
  const { id, title } = PARAMETERS
  const judged = (outcome: Criterion['outcome'], message: string, asUsed: Parameters['asUsed'] = {}) => ({
    id,
    title,
    outcome,
    message,
    evidence: Object.entries(asUsed).map(([what, value]) => ({ what, value })),
    duration: 0,
  })
  if (found === undefined && Object.keys(given).length === 0)
    return { criterion: judged('not-judged', 'no parameters were given'), parameters: undefined }
  try {
    const parameters = readParameters({ ...found, ...given })
    return { criterion: judged('passed', '', parameters.asUsed), parameters }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { criterion: judged('error', error.violations.join('; ')), parameters: undefined }
  }
}
