/** A guest that runs in QEMU. */
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError } from '../../../support/common/errors.ts'
import type { Logger } from '../../../support/common/logger.ts'
import type {
  GuestAgent,
  GuestCpuTime,
  GuestExit,
  GuestSpec,
  HostTime,
  RunningGuest,
} from '../guest-runtime.ts'
import { AgentChannel, openAgent } from './agent-client.ts'
import type { ManagedProcess } from './child-process.ts'
import type { GuestFiles } from './command-line.ts'
import { readHostTime, readThreadTimes } from './host-time.ts'
import { losesInterrupts } from './lost-interrupts.ts'
import { cpuThreads, diskOperations, QmpClient, type QmpEvent } from './qmp-client.ts'
import { SerialConsole } from './serial-console.ts'
import { connectSocket } from './socket.ts'
import { emptyTranslationCache } from './translation-cache.ts'

/** Milliseconds that QEMU has to quit before it is killed. Its disks are discarded anyway. */
const QUIT_GRACE = 2000
/** Milliseconds between attempts to reach an agent that opened its channel but does not answer yet. */
const AGENT_RETRY = 1000

export interface QemuGuestParts {
  readonly spec: GuestSpec
  readonly process: ManagedProcess
  readonly files: GuestFiles
  /** Whether QEMU translates the guest's code (TCG). */
  readonly translates: boolean
  readonly log: Logger
  /** Removes the guest's files from the host. Called once, after its process has ended. */
  readonly cleanUp: () => Promise<void>
}

export class QemuGuest implements RunningGuest {
  readonly console: SerialConsole
  readonly exited: Promise<GuestExit>
  readonly #parts: QemuGuestParts
  readonly #qmp: QmpClient
  readonly #channel: AgentChannel
  readonly #agentChanges = new EventEmitter<{ change: [boolean] }>()
  #agent: GuestAgent | undefined
  /** Aborts when the currently connected agent goes away. */
  #agentGone: AbortController | undefined
  /** Aborts when QEMU has ended. */
  readonly #ended = new AbortController()
  #resets: Promise<void> = Promise.resolve()
  #rebootByPowerButton = false
  #poweredOff = false
  #stopping: Promise<void> | undefined
  /** Numbers of the host's threads, one per CPU of the guest. */
  #cpuThreads: readonly number[] | undefined

  private constructor(parts: QemuGuestParts, console: SerialConsole, qmp: QmpClient, channel: AgentChannel) {
    this.#parts = parts
    this.console = console
    this.#qmp = qmp
    this.#channel = channel
    this.#agentChanges.setMaxListeners(0)
    qmp.onEvent((event) => {
      this.#onEvent(event)
    })
    this.exited = parts.process.exited.then(async (status) => {
      this.#ended.abort(new Error('the guest is gone'))
      this.#setAgent(undefined)
      channel.close()
      qmp.close()
      await parts.cleanUp()
      if (losesInterrupts(parts.process.stderr))
        parts.log.warn(
          `${parts.spec.id}: this machine's QEMU lost interrupts of the guest, as versions before 8.2 may without KVM: if the guest hung or was slow, that is why`,
        )
      if (this.#poweredOff) return { how: 'shutdown' }
      if (this.#stopping !== undefined) return { how: 'stopped' }
      const end = status.signal ?? `exit code ${status.code ?? 'unknown'}`
      return {
        how: 'crashed',
        reason: [`QEMU ended with ${end}`, parts.process.stderr].filter(Boolean).join(': '),
      }
    })
  }

  /** Connects to a QEMU that was started paused, and starts its guest. */
  static async boot(parts: QemuGuestParts, signal: AbortSignal): Promise<QemuGuest> {
    const qmp = await QmpClient.open(await connectSocket(parts.files.qmp, signal))
    const console = new SerialConsole(await connectSocket(parts.files.console, signal))
    const channel = new AgentChannel(await connectSocket(parts.files.agent, signal))
    const guest = new QemuGuest(parts, console, qmp, channel)
    await qmp.execute('cont')
    return guest
  }

  get agent(): GuestAgent | undefined {
    return this.#agent
  }

  async hostTime(): Promise<HostTime | undefined> {
    const { pid } = this.#parts.process
    return pid === undefined ? undefined : readHostTime(pid)
  }

  async activity(): Promise<number> {
    return diskOperations(await this.#qmp.execute('query-blockstats')) + this.#channel.answers
  }

  async cpuTime(): Promise<GuestCpuTime | undefined> {
    const { pid } = this.#parts.process
    if (pid === undefined) return undefined
    // Cached, because the threads live as long as QEMU, also through reboots of the guest.
    this.#cpuThreads ??= cpuThreads(await this.#qmp.execute('query-cpus-fast'))
    return readThreadTimes(pid, this.#cpuThreads)
  }

  onAgentChange(listener: (connected: boolean) => void): void {
    this.#agentChanges.on('change', listener)
    listener(this.#agent !== undefined)
  }

  async softReboot(): Promise<void> {
    if (this.#agent !== undefined) {
      this.#channel.send('guest-shutdown', { mode: 'reboot' })
      return
    }
    this.#rebootByPowerButton = true
    await this.#qmp.execute('system_powerdown')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
    await this.exited
  }

  async #stop(): Promise<void> {
    const quit = this.#qmp.execute('quit').catch(() => undefined)
    await Promise.race([this.#parts.process.exited, quit.then(() => sleep(QUIT_GRACE)), sleep(QUIT_GRACE)])
    await this.#parts.process.stop(0)
  }

  #onEvent({ name, data }: QmpEvent): void {
    if (name === 'VSERPORT_CHANGE' && data['id'] === 'agent') {
      // A reset of the guest also closes the port, so every reboot is noticed.
      this.#setAgent(undefined)
      if (data['open'] === true) void this.#greetAgent()
    } else if (name === 'RESET') {
      this.#setAgent(undefined)
      // Chained, because some resets come in pairs.
      if (this.#parts.translates) this.#resets = this.#resets.then(() => this.#onReset())
    } else if (name === 'SHUTDOWN' && data['guest'] === true) {
      this.#onGuestPoweredOff().catch((error: unknown) => {
        this.#parts.log.debug(`${this.#parts.spec.id}: ${describeError(error)}`)
      })
    }
  }

  async #onReset(): Promise<void> {
    const { files, log, spec } = this.#parts
    const started = Date.now()
    try {
      await emptyTranslationCache(this.#qmp, files.debugger, this.#ended.signal)
      log.debug(`${spec.id}: reset; emptied the translation cache in ${Date.now() - started} ms`)
    } catch (error) {
      // The guest still boots, only slowly.
      log.debug(`${spec.id}: ${describeError(error)}`)
    }
  }

  /** Called when the guest has powered off. If that was a reboot by power button, powers it on again. */
  async #onGuestPoweredOff(): Promise<void> {
    if (this.#rebootByPowerButton) {
      this.#rebootByPowerButton = false
      await this.#qmp.execute('system_reset')
      await this.#qmp.execute('cont')
      return
    }
    this.#poweredOff = true
    await this.#qmp.execute('quit')
  }

  async #greetAgent(): Promise<void> {
    const gone = new AbortController()
    this.#agentGone = gone
    this.#channel.restarted()
    const isGone = () => gone.signal.aborted
    while (!isGone()) {
      try {
        const agent = await openAgent(this.#channel, gone.signal)
        if (!isGone()) this.#setAgent(agent)
        return
      } catch (error) {
        if (isGone()) return
        this.#parts.log.debug(`${this.#parts.spec.id}: guest agent: ${describeError(error)}`)
        await sleep(AGENT_RETRY)
      }
    }
  }

  #setAgent(agent: GuestAgent | undefined): void {
    if (agent === undefined) {
      this.#agentGone?.abort(new Error('the guest agent went away'))
      this.#agentGone = undefined
    }
    const changed = (agent === undefined) !== (this.#agent === undefined)
    this.#agent = agent
    if (changed) this.#agentChanges.emit('change', agent !== undefined)
  }
}
