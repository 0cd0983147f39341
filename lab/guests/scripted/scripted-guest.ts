/** A simulated guest: it boots, accepts logins, answers and reboots, without a separate process. */
import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describeError } from '../../../support/common/errors.ts'
import type { Logger } from '../../../support/common/logger.ts'
import type { AgentInterface, GuestAgent, GuestCpuTime, GuestExit, RunningGuest } from '../guest-runtime.ts'
import { BOOT_MESSAGES, type BootFailure } from './boot-messages.ts'
import { initialize } from './cloud-init.ts'
import { asCommandLine, guestCommands } from './commands.ts'
import { serveConsole } from './console-login.ts'
import type { GuestEvent, Moment } from './faults.ts'
import { GuestFiles } from './guest-files.ts'
import { KERNEL_MESSAGES, type KernelFault } from './kernel-messages.ts'
import type { Machine } from './machine.ts'
import { type GuestCommands, GuestShell } from './shell.ts'
import { GuestSystem, type PowerRequest } from './system.ts'

const AGENT_VERSION = '7.2.13'
/** The part of the boot time that a shutdown takes. */
const SHUTDOWN_PART = 0.2

export interface ScriptedGuestParts {
  readonly machine: Machine
  /** Milliseconds from power-on to the login prompt. */
  readonly bootTime: number
  readonly log: Logger
  /** Unplugs the guest's NICs; called once. */
  readonly cleanUp: () => void
}

/** The CPU time of a guest with one CPU that is always busy. */
function oneBusyCpu(hostShare: number): () => Promise<GuestCpuTime> {
  const started = performance.now()
  return () => {
    const asked = performance.now() - started
    return Promise.resolve({ ran: asked * hostShare, waited: asked * (1 - hostShare) })
  }
}

export class ScriptedGuest implements RunningGuest {
  readonly console: RunningGuest['console']
  readonly exited: Promise<GuestExit>
  readonly cpuTime?: () => Promise<GuestCpuTime>
  readonly #parts: ScriptedGuestParts
  readonly #exit = Promise.withResolvers<GuestExit>()
  readonly #off = new AbortController()
  readonly #agentChanges = new EventEmitter<{ change: [boolean] }>().setMaxListeners(0)
  readonly #toHappen: { readonly event: GuestEvent; left: number }[]
  #agent: GuestAgent | undefined
  #system: GuestSystem
  #ended = false
  #restarts = 0

  constructor(parts: ScriptedGuestParts) {
    this.#parts = parts
    this.#toHappen = (parts.machine.faults.events ?? []).map((event) => ({ event, left: event.nth ?? 1 }))
    const { terminal, fabric } = parts.machine
    this.console = { output: terminal.output, input: terminal.input }
    this.exited = this.#exit.promise
    const { hostShare } = parts.machine.faults
    if (hostShare !== undefined) this.cpuTime = oneBusyCpu(hostShare)
    this.#system = this.#newSystem(new GuestFiles())
    fabric.onTraffic(() => {
      this.#happen('traffic')
    })
    this.#happen('power on')
    this.#boot()
  }

  get agent(): GuestAgent | undefined {
    return this.#agent
  }

  onAgentChange(listener: (connected: boolean) => void): void {
    this.#agentChanges.on('change', listener)
    listener(this.#agent !== undefined)
  }

  softReboot(): Promise<void> {
    if (this.#parts.machine.faults.softRebootIgnored !== true) this.#power('reboot')
    return Promise.resolve()
  }

  powerDown(): Promise<void> {
    this.#power('power off')
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end({ how: 'stopped' })
    return Promise.resolve()
  }

  #newSystem(files: GuestFiles): GuestSystem {
    const system = new GuestSystem(this.#parts.machine, files, (request) => {
      this.#power(request)
    })
    system.onTyped = (line) => {
      this.#happen(`typed ${line}`)
    }
    return system
  }

  #boot(): void {
    this.#run().catch((error: unknown) => {
      // A shutdown also ends a boot with an error, and then nothing has crashed.
      if (!this.#off.signal.aborted && !this.#system.down.aborted)
        this.#end({ how: 'crashed', reason: describeError(error) })
    })
  }

  async #run(): Promise<void> {
    const system = this.#system
    const { machine, bootTime } = this.#parts
    const { terminal, profile, faults } = machine
    terminal.reset()
    terminal.write('\x1bc\x1b[?7l\x1b[2JSeaBIOS (simulated)\nBooting from Hard Disk...\n')
    terminal.writeKernelLine(`[    0.000000] Linux version ${profile.kernel.join(' ')}`)
    terminal.writeKernelLine(`[    0.000000] Command line: ${system.kernelArguments}`)
    await sleep(bootTime, undefined, { signal: system.down })
    if (faults.neverBoots === true) return
    const failure = this.#bootFailure()
    if (failure !== undefined) {
      for (const line of BOOT_MESSAGES[failure]) terminal.writeKernelLine(line)
      if (failure === 'panics once and restarts') await this.#goDown(system, 'reboot')
      if (failure !== 'fails in cloud-init') return
    }
    const newShell = () => new GuestShell(system, this.#observed(guestCommands(system)))
    await initialize(system, newShell())
    const hasAgent = faults.noAgent !== true && failure === undefined
    if (hasAgent) this.#setAgent(this.#newAgent(system, newShell()))
    this.#makeNoise(system)
    if (faults.silentConsole === true) return
    await serveConsole(system, newShell, () => {
      this.#happen('login')
    })
  }

  #bootFailure(): BootFailure | undefined {
    const { boot, bootAfterRestart } = this.#parts.machine.faults
    if (boot === 'panics once and restarts') return this.#restarts === 0 ? boot : undefined
    return this.#restarts === 0 ? boot : (bootAfterRestart ?? boot)
  }

  #makeNoise(system: GuestSystem): void {
    const every = this.#parts.machine.faults.kernelNoiseEvery
    if (every === undefined) return
    const timer = setInterval(() => {
      system.logToConsole(0, 'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:1234]')
    }, every).unref()
    system.down.addEventListener('abort', () => {
      clearInterval(timer)
    })
  }

  #observed(commands: GuestCommands): GuestCommands {
    const observed = Object.entries(commands).map(([name, run]): [string, GuestCommands[string]] => [
      name,
      (args, call) => {
        // With -h the program only prints its version and usage.
        if (!args.includes('-h')) this.#happen(`command ${name}`)
        return run(args, call)
      },
    ])
    return Object.fromEntries(observed)
  }

  #happen(moment: Moment): void {
    for (const awaited of this.#toHappen.splice(0)) {
      const { event } = awaited
      if (event.at === moment) awaited.left -= 1
      if (awaited.left > 0) {
        this.#toHappen.push(awaited)
        continue
      }
      // An event without a delay happens before the guest reads anything else.
      const options = { signal: this.#off.signal, ref: false }
      const due =
        event.after === undefined ? nextTurn(undefined, options) : sleep(event.after, undefined, options)
      due.then(
        () => {
          this.#suffer(event.what)
        },
        () => undefined,
      )
    }
  }

  #suffer(what: GuestEvent['what']): void {
    switch (what) {
      case 'reboots':
        this.#power('reboot')
        break
      case 'powers off':
        this.#power('power off')
        break
      case 'crashes':
        this.#end({ how: 'crashed', reason: 'simulated crash' })
        break
      case 'testpmd crashes':
        this.#system.processes.get('dpdk-testpmd')?.()
        break
      case 'TRex crashes':
        this.#system.trex.kill('SEGV')
        break
      case 'TRex is killed':
        this.#system.trex.kill('KILL')
        break
      case 'TRex is restarted':
        this.#system.trex.kill('KILL')
        void this.#system.trex.systemctl('start', [])
        break
      case "TRex's console is killed":
        this.#system.processes.get('trex-console')?.()
        break
      case "TRex's ports are taken":
        this.#system.trex.takeOver()
        break
      case 'runs out of memory':
        this.#printKernelFault(what)
        this.#system.processes.get('dpdk-testpmd')?.()
        break
      case 'panics':
      case 'stalls':
      case 'has a machine check':
      case 'hangs in its kernel':
        this.#printKernelFault(what)
        this.#setAgent(undefined)
        this.#system.shutDown()
        break
      case 'hangs':
        // The machine runs, but reads and answers nothing.
        this.#setAgent(undefined)
        this.#system.shutDown()
        break
    }
  }

  #printKernelFault(what: KernelFault): void {
    for (const line of KERNEL_MESSAGES[what]) this.#system.logToConsole(0, line)
  }

  #power(request: PowerRequest): void {
    const system = this.#system
    if (this.#ended || system.down.aborted) return
    const { machine, log } = this.#parts
    machine.terminal.writeKernelLine(
      `         Stopping ${request === 'reboot' ? 'for a reboot' : 'the system'}...`,
    )
    // Later, so that the command that requested it still gets its answer.
    setImmediate(() => {
      this.#setAgent(undefined)
      system.shutDown()
    })
    this.#goDown(system, request).catch((error: unknown) => {
      if (this.#off.signal.aborted) log.debug(`${machine.spec.id}: ${describeError(error)}`)
      else this.#end({ how: 'crashed', reason: describeError(error) })
    })
  }

  async #goDown(system: GuestSystem, request: PowerRequest): Promise<void> {
    const { machine, bootTime } = this.#parts
    await sleep(bootTime * SHUTDOWN_PART, undefined, { signal: this.#off.signal })
    if (request === 'power off') {
      this.#end({ how: 'shutdown' })
      return
    }
    const files = await system.filesOnDisk()
    if (this.#ended) return
    machine.terminal.writeKernelLine('[  100.000000] reboot: Restarting system')
    this.#restarts += 1
    this.#system = this.#newSystem(files)
    this.#happen('restart')
    this.#boot()
  }

  #newAgent(system: GuestSystem, shell: GuestShell): GuestAgent {
    return {
      info: () => Promise.resolve({ version: AGENT_VERSION }),
      interfaces: () => Promise.resolve(interfacesOf(system)),
      exec: (path, args, timeout) =>
        shell.capture(
          asCommandLine(path, args),
          AbortSignal.any([system.down, AbortSignal.timeout(timeout)]),
        ),
    }
  }

  #setAgent(agent: GuestAgent | undefined): void {
    const changed = (agent === undefined) !== (this.#agent === undefined)
    this.#agent = agent
    if (changed) this.#agentChanges.emit('change', agent !== undefined)
  }

  #end(exit: GuestExit): void {
    if (this.#ended) return
    this.#ended = true
    this.#off.abort(new Error('the guest ended'))
    this.#setAgent(undefined)
    this.#system.shutDown()
    this.#parts.cleanUp()
    this.#parts.machine.terminal.output.end()
    this.#exit.resolve(exit)
  }
}

function interfacesOf({ nics, machine }: GuestSystem): AgentInterface[] {
  const held = nics.filter(({ driver }) => driver === machine.profile.nic.kernelDriver)
  return [
    { name: 'lo', mac: '00:00:00:00:00:00', ipAddresses: ['127.0.0.1', '::1'] },
    ...held.map(({ interfaceName, hardware }) => ({
      name: interfaceName,
      mac: hardware.nic.mac,
      ipAddresses: [],
    })),
  ]
}
