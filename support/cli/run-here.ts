/** Runs the checkup from this machine: creates a ConfigMap, runs mocha, and writes the reports to a local folder. */
import { resolve } from 'node:path'
import { describeError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { exitCodeOf } from '../model/exit-codes.ts'
import { Interruption, onSignals } from '../common/signals.ts'
import { type Verdict, verdictSchema } from '../model/report.ts'
import { timeouts } from '../model/timeouts.ts'
import { RESUME_VARIABLE } from '../readiness/matrix/resume.ts'
import { runMocha, type Surroundings } from './child.ts'
import { CreatedObjects } from './in-cluster/created-objects.ts'
import { checkupManifests } from './in-cluster/manifests.ts'
import { KEPT_LABEL, removeOldest } from './kept-runs.ts'
import { runId } from './run-id.ts'
import type { Session } from './session.ts'
import { suiteEnvironment } from './suite-environment.ts'
import { VERDICT_KEY } from '../model/status-keys.ts'

export interface RunHereOptions extends Surroundings {
  /** Keys of the checkup's ConfigMap. */
  readonly data: Readonly<Record<string, string>>
  readonly output: string
  /** Report of the run to resume. */
  readonly resume?: string | undefined
  readonly session: Session
  /** Number of runs whose ConfigMaps are kept, with their reports. Undefined: the ConfigMap of this run is removed, and the ConfigMaps of earlier runs stay.
   */
  readonly keep?: number | undefined
}

export interface RunHere {
  readonly verdict: Verdict
  /** Name of the run's ConfigMap, which its report names too. */
  readonly configMap: string
}

/** @throws SuiteError; ApiError if the ConfigMap cannot be created */
export async function runHere(options: RunHereOptions): Promise<RunHere> {
  const { data, output, resume, session, keep, signals = onSignals, onLine } = options
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const run = runId()
  const objects = new CreatedObjects(cluster.client, namespace, run)
  // Requests before and after the run are short, so a signal does not abort them. The run has its own timeout.
  const limits = { signal: new AbortController().signal, timeout: timeouts.apiRequest }
  const labels = keep === undefined ? {} : KEPT_LABEL
  const { configMap } = checkupManifests({ namespace, data, suffix: `-${run}`, labels })
  let early: Interruption | undefined
  signals((signal) => {
    early ??= new Interruption(signal, '')
  })
  const created = await objects.create(configMap, limits)
  const { name } = configMap.metadata
  try {
    if (isEarly(early)) throw early
    const place = { CONFIGMAP_NAMESPACE: namespace, CONFIGMAP_NAME: name }
    const resumed = resume === undefined ? {} : { [RESUME_VARIABLE]: resolve(resume) }
    const env = { ...suiteEnvironment(session, output), ...place, ...resumed }
    const exitCode = await runMocha([], env, { signals, onLine })
    const verdict = await verdictOf(exitCode, async () => {
      const found = await cluster.configMaps.find(namespace, name, limits)
      return found?.data?.[VERDICT_KEY]
    })
    return { verdict, configMap: name }
  } finally {
    if (keep === undefined)
      await objects.remove(created, limits).catch((error: unknown) => {
        session.printError(`ConfigMap ${namespace}/${name} is left: ${describeError(error)}`)
      })
    else
      await removeOldest(cluster.configMaps, namespace, keep, limits).catch((error: unknown) => {
        session.printError(`ConfigMaps of earlier runs could not be removed: ${describeError(error)}`)
      })
  }
}

/** Hides from TypeScript's flow analysis that `early` is undefined: a signal may have set it meanwhile. */
function isEarly(early: Interruption | undefined): early is Interruption {
  return early !== undefined
}

/** The verdict in the ConfigMap if it agrees with the exit code; a program that could not start also ends with 1. */
async function verdictOf(exitCode: number, read: () => Promise<string | undefined>): Promise<Verdict> {
  const verdict = verdictSchema.safeParse(await read().catch(() => undefined)).data
  const acceptsWaivers = exitCode === EXIT_CODE.ok
  return verdict !== undefined && exitCodeOf({ verdict, acceptsWaivers }) === exitCode ? verdict : 'error'
}
