/** One run of the checkup: the state that its stages share. */
import type { TestbedPlan } from '../model/testbed.ts'
import { randomUUID } from 'node:crypto'
import { formatDuration } from '../common/duration.ts'
import { SuiteError } from '../common/errors.ts'
import type { Logger } from '../common/logger.ts'
import { interruptedBy } from '../common/signals.ts'
import type { Limits } from '../common/wait.ts'
import type { Progress } from '../report/progress.ts'
import { SILENT } from '../report/silent-progress.ts'
import { terminal } from '../report/terminal.ts'
import { Cleanup } from './cleanup.ts'
import { identityOf } from './cluster-identity.ts'
import { type Cluster, connectCluster } from './connect.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { Journal } from './journal.ts'
import { timeouts } from '../model/timeouts.ts'

export class Run {
  /** Identifies a run outside of a pod. */
  readonly id = randomUUID()
  readonly progress: Progress
  readonly journal: Journal
  readonly cleanup: Cleanup
  readonly #controller = new AbortController()
  /** The run that this one is a branch of. */
  readonly #trunk: Run | undefined
  /** The ConfigMap for the status, once this run has claimed it or tried to. */
  claimed:
    { readonly cluster: Cluster; readonly environment: Environment; readonly isCertain: boolean } | undefined
  /** A monotonic clock: an adjustment of the wall clock must not end the run, nor count as time of a guest. */
  readonly #startedAt = performance.now()
  #deadline: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined
  readonly #signals = new AbortController()
  #isOverdue = false
  #endedBy: NodeJS.Signals | undefined

  /** The testbed to keep if the run does not pass (`spec.param.keepOnFailure`). */
  keepOnFailure: TestbedPlan | undefined

  /** Set from `spec.param.verbose`. */
  verbose = false
  /** The run's log lines outside of phases. Warnings are in the report as well. */
  readonly logger: Logger = {
    info: (line) => {
      this.progress.line(line)
    },
    warn: (line) => {
      this.journal.warn(line)
    },
    debug: (line) => {
      if (this.verbose) this.progress.line(line)
    },
  }

  /**
   * @param progress displays the run's progress
   * @param trunk only for a branch: the run that it belongs to
   */
  constructor(progress: Progress = terminal(), trunk?: Run) {
    this.progress = progress
    this.#trunk = trunk
    this.cleanup = trunk?.cleanup.branch() ?? new Cleanup()
    this.journal = new Journal(progress)
  }

  /** A branch for one of many testbeds: it has its own journal and prints nothing. It ends with this run, within the same limits; its objects may be removed earlier.
   */
  branch(): Run {
    const branch = new Run(SILENT, this)
    branch.claimed = this.claimed
    return branch
  }

  /** Aborts when the run has to end: by a signal, or at `spec.timeout`. */
  get signal(): AbortSignal {
    return this.#trunk?.signal ?? this.#controller.signal
  }

  get interruptedBySignal(): boolean {
    return this.#signals.signal.aborted
  }

  /** The signal that ended the run; undefined if none did. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.#endedBy
  }

  /** A signal or `spec.timeout` ended the run: its reports are stored before anything else. */
  get isCutShort(): boolean {
    return this.interruptedBySignal || this.#isOverdue
  }

  limits(timeout: number): Limits {
    return { signal: this.signal, timeout }
  }

  interrupt(signalName: NodeJS.Signals): void {
    this.#endedBy ??= signalName
    this.#signals.abort(new Error(`cut short by ${signalName}`))
    this.#controller.abort(new Error(`the run was ${interruptedBy(signalName)}`))
  }

  /** Aborts work that would outlast the run, such as a guest's preparation after the other's has failed. */
  end(): void {
    this.#controller.abort(new Error('the run has ended'))
  }

  /** `spec.timeout` counts from the start of the run. */
  startDeadline(timeout: number): void {
    const at = this.#startedAt + timeout
    const abort = () => {
      this.#isOverdue = true
      const sentence = `spec.timeout (${formatDuration(timeout)}) ended`
      this.#controller.abort(new SuiteError('spec-timeout', sentence, { facts: { limit: timeout } }))
    }
    this.#deadline = { at, timer: setTimeout(abort, Math.max(0, at - performance.now())) }
  }

  /** Milliseconds until `spec.timeout` ends. */
  get remaining(): number {
    if (this.#trunk !== undefined) return this.#trunk.remaining
    return this.#deadline === undefined ? Infinity : this.#deadline.at - performance.now()
  }

  stopDeadline(): void {
    clearTimeout(this.#deadline?.timer)
  }

  /** @throws InvalidInputError if environment variables or credentials are invalid */
  connect(env: NodeJS.ProcessEnv): { cluster: Cluster; environment: Environment } {
    const environment = readEnvironment(env)
    this.journal.cluster({ namespace: environment.namespace, configMap: environment.configMap })
    const cluster = connectCluster(env)
    this.journal.cluster(identityOf(cluster.client.kubeConfig))
    this.journal.introduce()
    return { cluster, environment }
  }

  /**
   * Limits for teardown, which has its own time however the run ended. A signal shortens it, even during teardown.
   * @param spent milliseconds since the end of the run started
   */
  teardownLimits(spent: number): Limits {
    const { teardown, teardownWhenInterrupted, leastTeardownWhenInterrupted } = timeouts
    return this.#untilSignal(
      teardown,
      Math.max(teardownWhenInterrupted - spent, leastTeardownWhenInterrupted),
    )
  }

  /** Limits for storing the reports: for packing and for writing each. */
  get keepLimits(): Limits {
    return this.#untilSignal(timeouts.keepReports, timeouts.keepReportsWhenInterrupted)
  }

  /** Limits for the diagnosis, which continues after `spec.timeout` and ends at once on a signal. */
  get diagnosisLimits(): Limits {
    return { signal: this.#signals.signal, timeout: timeouts.diagnosis }
  }

  /** Limits for collecting evidence that teardown removes. */
  get evidenceLimits(): Limits {
    return this.#untilSignal(timeouts.diagnosis, timeouts.evidenceWhenInterrupted)
  }

  get statusLimits(): Limits {
    return this.#untilSignal(timeouts.writeStatus, timeouts.writeStatusWhenInterrupted)
  }

  #untilSignal(timeout: number, afterSignal: number): Limits {
    const cut = new AbortController()
    const { signal: interrupted } = this.#signals
    if (interrupted.aborted) return { signal: cut.signal, timeout: afterSignal }
    const shorten = () => {
      setTimeout(() => {
        cut.abort(interrupted.reason)
      }, afterSignal).unref()
    }
    interrupted.addEventListener('abort', shorten, { once: true })
    return { signal: cut.signal, timeout }
  }
}
