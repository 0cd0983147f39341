/** A runtime whose containers are controlled by the test. */
import type { ContainerPlan, ContainerRuntime, ExecStreams, RunningContainer } from './container-runtime.ts'

export class FakeContainer implements RunningContainer {
  readonly plan: ContainerPlan
  readonly started = Promise.resolve()
  readonly signals: string[] = []
  readonly #exit = Promise.withResolvers<number>()
  /** Runs programs in the container: the test's function. */
  exec: RunningContainer['exec']

  constructor(plan: ContainerPlan, exec: FakeContainers['exec']) {
    this.plan = plan
    this.exec = (args, streams, signal) => exec(args, streams, signal)
  }

  get exitCode(): Promise<number> {
    return this.#exit.promise
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal)
    this.end(signal === 'SIGKILL' ? 137 : 143)
  }

  end(exitCode: number, finalOutput = ''): void {
    if (finalOutput !== '') this.plan.log.write(this, finalOutput)
    this.plan.log.end()
    this.#exit.resolve(exitCode)
  }
}

export class FakeContainers implements ContainerRuntime {
  readonly description = 'Runs in a test'
  readonly made: FakeContainer[] = []
  /** If set, `start` rejects with this message. */
  refusal: string | undefined
  /** Called for each started container. */
  begun: (container: FakeContainer) => void = () => undefined
  exec: (args: readonly string[], streams: ExecStreams, signal: AbortSignal) => Promise<number> = () =>
    Promise.resolve(0)

  start(plan: ContainerPlan): Promise<RunningContainer> {
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal))
    const container = new FakeContainer(plan, (...call) => this.exec(...call))
    this.made.push(container)
    this.begun(container)
    return Promise.resolve(container)
  }

  /** The container that was started last. */
  get last(): FakeContainer {
    const container = this.made.at(-1)
    if (container === undefined) throw new Error('no container was made')
    return container
  }
}
