/** A runtime whose containers do nothing but what the test says. */
import type { ContainerPlan, ContainerRuntime, ExecStreams, RunningContainer } from './container-runtime.ts'

export class FakeContainer implements RunningContainer {
  readonly plan: ContainerPlan
  readonly started = Promise.resolve()
  readonly signals: string[] = []
  readonly #exit = Promise.withResolvers<number>()
  /** What programs in it end with, and are called with. */
  exec: RunningContainer['exec']

  constructor(plan: ContainerPlan, exec: FakeContainers['exec']) {
    this.plan = plan
    this.exec = (words, streams, signal) => exec(words, streams, signal)
  }

  get exitCode(): Promise<number> {
    return this.#exit.promise
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal)
    this.end(signal === 'SIGKILL' ? 137 : 143)
  }

  end(exitCode: number, lastWords = ''): void {
    if (lastWords !== '') this.plan.log.write(this, lastWords)
    this.plan.log.end()
    this.#exit.resolve(exitCode)
  }
}

export class FakeContainers implements ContainerRuntime {
  readonly description = 'Runs in a test'
  readonly made: FakeContainer[] = []
  /** Rejects `start` with this sentence. */
  refusal: string | undefined
  /** Called for each container that was started. */
  begun: (container: FakeContainer) => void = () => undefined
  exec: (words: readonly string[], streams: ExecStreams, signal: AbortSignal) => Promise<number> = () =>
    Promise.resolve(0)

  start(plan: ContainerPlan): Promise<RunningContainer> {
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal))
    const container = new FakeContainer(plan, (...call) => this.exec(...call))
    this.made.push(container)
    this.begun(container)
    return Promise.resolve(container)
  }

  /** The last one that was made. */
  get last(): FakeContainer {
    const container = this.made.at(-1)
    if (container === undefined) throw new Error('no container was made')
    return container
  }
}
