/** A runtime whose guests are controlled by the test. */
import { PassThrough } from 'node:stream'
import type {
  AgentInterface,
  GuestAgent,
  GuestCpuTime,
  GuestExit,
  GuestRuntime,
  GuestSpec,
  RunningGuest,
} from '../guests/guest-runtime.ts'

export class FakeGuest implements RunningGuest {
  readonly spec: GuestSpec
  readonly output = new PassThrough()
  readonly input = new PassThrough()
  readonly console = { output: this.output, input: this.input }
  readonly #exit = Promise.withResolvers<GuestExit>()
  readonly exited = this.#exit.promise
  readonly #listeners: ((connected: boolean) => void)[] = []
  agent: GuestAgent | undefined
  /** Exit code of every program that the agent runs in the guest. */
  execExitCode = 0
  interfaces: readonly AgentInterface[] = []
  reboots = 0
  powerButtons = 0
  disposed = false
  /** Undefined, as for simulated guests, unless a test sets it. */
  cpuTime?: () => Promise<GuestCpuTime | undefined>

  constructor(spec: GuestSpec) {
    this.spec = spec
  }

  onAgentChange(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener)
    listener(this.agent !== undefined)
  }

  connectAgent(): void {
    this.agent = {
      info: () => Promise.resolve({ version: '7.2.0' }),
      interfaces: () => Promise.resolve(this.interfaces),
      exec: (path) =>
        Promise.resolve({
          exitCode: this.execExitCode,
          output: path.endsWith('uname') ? '6.1.0 x86_64\n' : 'ID=debian\nPRETTY_NAME="Debian 12"\n',
        }),
    }
    for (const listener of this.#listeners) listener(true)
  }

  loseAgent(): void {
    this.agent = undefined
    for (const listener of this.#listeners) listener(false)
  }

  softReboot(): Promise<void> {
    this.reboots++
    return Promise.resolve()
  }

  powerDown(): Promise<void> {
    this.powerButtons++
    return Promise.resolve()
  }

  exit(exit: GuestExit): void {
    this.#exit.resolve(exit)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    this.#exit.resolve({ how: 'stopped' })
    return Promise.resolve()
  }
}

export class FakeRuntime implements GuestRuntime {
  readonly description = 'simulated'
  readonly execution = 'simulated'
  readonly guests: FakeGuest[] = []
  /** Awaited before a guest starts; a test may replace it to delay or fail the start. */
  booting: (signal?: AbortSignal) => Promise<void> = () => Promise.resolve()
  /** `cpuTime` of the guests that it starts. */
  cpuTime: FakeGuest['cpuTime']

  async start(spec: GuestSpec, signal?: AbortSignal): Promise<RunningGuest> {
    await this.booting(signal)
    const guest = new FakeGuest(spec)
    if (this.cpuTime !== undefined) guest.cpuTime = this.cpuTime
    this.guests.push(guest)
    return guest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.guests.map((guest) => guest[Symbol.asyncDispose]()))
  }
}
