/** A run in the cluster, from the options of the command line: names, manifests, signals. */
import { Interruption, onSignals } from '../../common/signals.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import type { Verdict } from '../../model/report.ts'
import { DEFAULT_CONFIG_MAP, DEFAULT_JOB } from '../job-names.ts'
import type { Session } from '../session.ts'
import { checkupManifests } from './manifests.ts'
import { runId } from '../run-id.ts'
import { runJob } from './run-job.ts'

export interface RunThereOptions {
  /** Keys of the checkup's ConfigMap. */
  readonly data: Readonly<Record<string, string>>
  readonly image: string
  readonly pullSecret: string | undefined
  readonly output: string
  /** Milliseconds that the run itself may take. */
  readonly timeout: number
  readonly isDetached: boolean
  readonly isDryRun: boolean
  readonly session: Session
}

/** Milliseconds beyond the run's own time: to pull the image, schedule the pod and remove the VMs. */
const TIME_BESIDE_RUN = 30 * 60_000

/** @returns the verdict; undefined after a dry run or if the Job is detached @throws SuiteError, ApiError */
export async function runThere(options: RunThereOptions): Promise<Verdict | undefined> {
  const { session, data, image, pullSecret, timeout } = options
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const run = runId()
  const suffix = `-${run}`
  const interrupted = new AbortController()
  const abandoned = new AbortController()
  onSignals((signal, count) => {
    if (count === 1) interrupted.abort(new Interruption(signal, ''))
    else if (count === 2) abandoned.abort(new Interruption(signal, ''))
    else process.exit(EXIT_CODE.error)
  })
  return runJob({
    cluster,
    session,
    left: { namespace, run, job: DEFAULT_JOB + suffix, configMap: DEFAULT_CONFIG_MAP + suffix },
    manifests: checkupManifests({ namespace, data, image, pullSecret, suffix }),
    output: options.output,
    timeout: timeout + TIME_BESIDE_RUN,
    isDetached: options.isDetached,
    isDryRun: options.isDryRun,
    interrupted: interrupted.signal,
    abandoned: abandoned.signal,
  })
}
