/** One run of the checkup: what its stages share. */
import type { TestbedPlan } from '../model/testbed.ts'
import { randomUUID } from 'node:crypto'
import { formatDuration } from '../common/duration.ts'
import { SuiteError } from '../common/errors.ts'
import type { Logger } from '../common/logger.ts'
import { interruptedBy } from '../common/signals.ts'
import type { Limits } from '../common/wait.ts'
import type { Progress } from '../report/progress.ts'
import { terminal } from '../report/terminal.ts'
import { Cleanup } from './cleanup.ts'
import { apiHostOf } from './cluster-identity.ts'
import { type Cluster, connectCluster } from './connect.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { Journal } from './journal.ts'
import { timeouts } from '../model/timeouts.ts'

export class Run {
  /** Names the run where no pod does. */
  readonly id = randomUUID()
  readonly progress: Progress
  readonly journal: Journal
  readonly cleanup = new Cleanup()
  readonly #controller = new AbortController()
  /** Where the status goes, once this run has claimed it, or has tried to. */
  claimed:
    { readonly cluster: Cluster; readonly environment: Environment; readonly isCertain: boolean } | undefined
  /** By a clock that nobody sets: one that is put right during a run must not end it, nor blame a guest for the time. */
  readonly #startedAt = performance.now()
  #deadline: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined
  readonly #signals = new AbortController()
  #isOverdue = false
  #endedBy: NodeJS.Signals | undefined

  /** The testbed that `spec.param.keepOnFailure` asks to leave where the run does not pass. */
  keepOnFailure: TestbedPlan | undefined

  /** Set from `spec.param.verbose`. */
  verbose = false
  /** What the run tells beside its phases. Warnings are in the report too. */
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

  /** @param progress where people see how far it is */
  constructor(progress: Progress = terminal()) {
    this.progress = progress
    this.journal = new Journal(progress)
  }

  /** Aborts when the run has to end: by a signal, or because `spec.timeout` is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get interruptedBySignal(): boolean {
    return this.#signals.signal.aborted
  }

  /** The signal that ended the run; undefined where none did. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.#endedBy
  }

  /** A signal or `spec.timeout` ended the run: what it has found is kept before anything else is done. */
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

  /** Nothing of the run goes on behind its end, such as a guest's preparation when the other's has failed. */
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
    return this.#deadline === undefined ? Infinity : this.#deadline.at - performance.now()
  }

  stopDeadline(): void {
    clearTimeout(this.#deadline?.timer)
  }

  /** @throws InvalidInputError where environment or credentials are not usable */
  connect(env: NodeJS.ProcessEnv): { cluster: Cluster; environment: Environment } {
    const environment = readEnvironment(env)
    this.journal.cluster({ namespace: environment.namespace, configMap: environment.configMap })
    const cluster = connectCluster(env)
    const apiHost = apiHostOf(cluster.client.kubeConfig.getCurrentCluster()?.server)
    if (apiHost !== undefined) this.journal.cluster({ apiHost })
    return { cluster, environment }
  }

  /**
   * For teardown, which has its own time whatever ended the run. A signal leaves less of it, also one that comes meanwhile.
   * @param spent milliseconds since the end began
   */
  teardownLimits(spent: number): Limits {
    const { teardown, teardownWhenInterrupted, leastTeardownWhenInterrupted } = timeouts
    return this.#untilSignal(
      teardown,
      Math.max(teardownWhenInterrupted - spent, leastTeardownWhenInterrupted),
    )
  }

  /** For keeping the reports, packing and writing each. */
  get keepLimits(): Limits {
    return this.#untilSignal(timeouts.keepReports, timeouts.keepReportsWhenInterrupted)
  }

  /** For finding out why, which goes on when `spec.timeout` is over, and ends at once by a signal. */
  get diagnosisLimits(): Limits {
    return { signal: this.#signals.signal, timeout: timeouts.diagnosis }
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
