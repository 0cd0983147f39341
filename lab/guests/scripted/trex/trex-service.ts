/** The systemd unit of the TRex server in a scripted guest: it starts, fails or is killed, and has a journal. */
import { randomBytes } from 'node:crypto'
import { parse } from 'yaml'
import type { GuestFiles } from '../guest-files.ts'
import type { Machine } from '../machine.ts'
import type { Nic } from '../nic.ts'
import { NIC_MODELS } from '../nic-models.ts'
import { done, failure, type Outcome } from '../outcome.ts'
import { type ServerEvent, TrexServer, type TrexSettings } from './trex-server.ts'

/** The parts of a guest that the service needs. */
export interface TrexHost {
  readonly machine: Machine
  readonly files: GuestFiles
  readonly nics: readonly Nic[]
  readonly hugepages: number
  readonly down: AbortSignal
}

type State = 'inactive' | 'activating' | 'active' | 'failed'

interface JournalLine {
  /** Identifies the start of the unit to which the line belongs. */
  readonly invocation: string
  readonly text: string
}

interface Watch {
  readonly onEvent: (event: ServerEvent) => void
  readonly onDown: () => void
}

const UNIT_FILE = '/etc/systemd/system/trex.service'
const CONFIGURATION = '/etc/trex_cfg.yaml'
const HOME = '/opt/trex'
/**
 * Files that the unit's scripts read: how many CPUs send, and the word to print on the console when the server ends.
 */
const CORES_FILE = '/run/trex-cores'
const CONSOLE_NOTE = '/run/trex-console'
/** Milliseconds from its start until the server listens; about 2 s on a real machine. */
const STARTING_MS = 150
/** Ports 4500 and 4501 in hexadecimal, as in /proc/net/tcp. */
const LISTENING = ['1194', '1195']
const MAIN_PID = 1743
/**
 * TRex's output if its driver for NVIDIA's NICs does not find libibverbs: trex-core#713, with the last lines of #968.
 * The checkup's images have no MLNX_OFED.
 */
const NO_VERBS = `The ports are bound/configured.
Starting  TRex v3.08 please wait  ...
EAL: libibverbs.so.1: cannot open shared object file: No such file or directory
EAL: FATAL: Cannot init plugins
EAL: Cannot init plugins
 You might need to run ./trex-cfg  once
EAL: Error - exiting with code: 1
  Cause: Invalid EAL arguments`

export class TrexService {
  readonly #host: TrexHost
  readonly #watches = new Set<Watch>()
  readonly #journal: JournalLine[] = []
  #server: TrexServer | undefined
  #state: State = 'inactive'
  #result = ''
  #invocation = ''

  constructor(host: TrexHost) {
    this.#host = host
    const { files, machine } = host
    if (machine.faults.noTrex !== true) {
      files.install(`${HOME}/trex-console`, '#!/bin/bash\ntrex-console "$@"\n', 0o755)
      files.install(`${HOME}/t-rex-64`, '#!/bin/bash\n', 0o755)
    }
    const socket = (port: string) =>
      `   0: 00000000:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20312 1\n`
    files.addLive('/proc/net/tcp', {
      read: () =>
        '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
        (this.#server === undefined ? '' : LISTENING.map(socket).join('')),
    })
  }

  /** Undefined unless the server listens. */
  get server(): TrexServer | undefined {
    return this.#server
  }

  watch(watch: Watch): () => void {
    this.#watches.add(watch)
    return () => {
      this.#watches.delete(watch)
    }
  }

  async systemctl(verb: string, args: readonly string[]): Promise<Outcome | undefined> {
    if (!(await this.#host.files.exists(UNIT_FILE))) return undefined
    switch (verb) {
      case 'start':
        await this.#start()
        return done
      case 'stop':
        this.#end('inactive', '')
        return done
      case 'restart':
        this.#end('inactive', '')
        await this.#start()
        return done
      case 'is-active': {
        const exitCode = this.#state === 'active' ? 0 : 3
        return { ...done, exitCode, stdout: args.includes('-q') ? '' : `${this.#state}\n` }
      }
      case 'show':
        return { ...done, stdout: `ActiveState=${this.#state}\nInvocationID=${this.#invocation}\n` }
      case 'status':
        return { ...done, stdout: this.#status(), exitCode: this.#state === 'active' ? 0 : 3 }
      default:
        return failure(`Unknown command verb ${verb}.\n`)
    }
  }

  /**
   * `journalctl -u trex.service -o cat -n 15`, or for one start of the unit `journalctl _SYSTEMD_INVOCATION_ID=… …`.
   */
  journal(args: readonly string[]): string {
    const [, invocation] = /\bINVOCATION_ID=(\w+)/.exec(args.join(' ')) ?? []
    const all = this.#journal
      .filter((line) => invocation === undefined || line.invocation === invocation)
      .map(({ text }) => text)
    const at = args.indexOf('-n')
    const lines = at === -1 ? all : all.slice(-Number(args[at + 1]))
    return lines.length === 0 ? '-- No entries --\n' : `${lines.join('\n')}\n`
  }

  #log(...lines: readonly string[]): void {
    this.#journal.push(...lines.map((text) => ({ invocation: this.#invocation, text })))
  }

  /** Kills the server's process with a signal. */
  kill(signal: 'SEGV' | 'KILL'): void {
    if (this.#server === undefined) return
    this.#log(
      ...(signal === 'SEGV' ? ['*** traceback follows ***', '1 0x55d1 ./_t-rex-64(+0x1aa0f5)'] : []),
      `trex.service: Main process exited, code=${signal === 'SEGV' ? 'dumped' : 'killed'}, status=${signal === 'SEGV' ? '11/SEGV' : '9/KILL'}`,
    )
    this.#end('failed', signal === 'SEGV' ? 'core-dump' : 'signal')
  }

  /** Another console session takes the ports by force. */
  takeOver(): void {
    for (const [index, port] of this.#server?.ports.entries() ?? []) {
      const loser = port.owner
      port.owner = 'somebody'
      this.#server?.stop(index)
      const text = `Port ${index} was forcely taken by another session of you`
      if (loser !== undefined)
        this.#server?.emit({ text, level: 'warning', port: index, type: 5, session: loser })
    }
  }

  /** Call when the guest goes down. */
  close(): void {
    this.#server?.end()
    this.#server = undefined
  }

  async #start(): Promise<void> {
    if (this.#state === 'active' || this.#state === 'activating') return
    this.#invocation = randomBytes(16).toString('hex')
    this.#log('Started trex.service - TRex traffic generator.')
    this.#state = 'active'
    const refused = await this.#whyNot()
    if (typeof refused === 'string') {
      this.#log(...refused.split('\n'))
      this.#end('failed', 'exit-code')
      return
    }
    this.#log('The ports are bound/configured.', 'Starting  TRex v3.08 please wait  ...')
    const begin = () => {
      if (this.#state !== 'active' || this.#host.down.aborted) return
      this.#server = new TrexServer(this.#host.machine, refused)
      this.#server.onEvent((event) => {
        for (const { onEvent } of this.#watches) onEvent(event)
      })
    }
    setTimeout(begin, STARTING_MS).unref()
  }

  /** The settings with which it starts; otherwise its error message. */
  async #whyNot(): Promise<TrexSettings | string> {
    const { files, machine, nics } = this.#host
    const chdir = `trex.service: Changing to the requested working directory failed: No such file or directory
trex.service: Failed at step CHDIR spawning /usr/local/bin/start-trex: No such file or directory
trex.service: Main process exited, code=exited, status=200/CHDIR`
    if (!(await files.exists(HOME))) return chdir
    const exited = 'trex.service: Main process exited, code=exited, status=1/FAILURE'
    if (this.#host.hugepages < 1 || machine.faults.trexOutOfMemory === true)
      return ` ERROR there is not enough huge-pages memory in your system \nEAL: Error - exiting with code: 1\n  Cause: Cannot init mbuf pool small-pkt-const\n${exited}`
    if (machine.faults.trexDoesNotStart === true)
      return `Starting  TRex v3.08 please wait  ...\nEAL: FATAL: Cannot init memory\nEAL: Cannot init memory\n You might need to run ./trex-cfg  once\nEAL: Error - exiting with code: 1\n  Cause: Invalid EAL arguments\n${exited}`
    if (machine.profile.nic === NIC_MODELS.mlx5) return `${NO_VERBS}\n${exited}`
    const [configuration] = parse(await files.readFile(CONFIGURATION)) as [TrexConfiguration]
    const { dpdkDriver } = machine.profile.nic
    const bound = configuration.interfaces.map((address) =>
      nics.find(({ hardware, driver }) => hardware.nic.pciAddress === address && driver === dpdkDriver),
    )
    const [east, west] = bound
    if (machine.faults.trexPortsRefused === true)
      return `${configuration.interfaces.map((device) => `EAL: Requested device ${device} cannot be used\n`).join('')}EAL: Bus (pci) probe failed.\nERROR in DPDK map\nCould not find requested interface ${configuration.interfaces[0] ?? ''}\n${exited}`
    if (!isNic(east) || !isNic(west))
      return `ERROR in DPDK map\nCould not find requested interface ${configuration.interfaces[bound.indexOf(undefined)] ?? ''}\n${exited}`
    const threads = await this.#threads(configuration.platform.dual_if[0].threads.length)
    const { trexTxQueues = threads } = machine.faults
    if (threads > trexTxQueues)
      return `ERROR: driver maximum tx queues is (${trexTxQueues}) required (${threads}) reduce number of cores to support it\n${exited}`
    const portBandwidthGbps = machine.links.generatorPortGbps ?? configuration.port_bandwidth_gb
    const hasHdr = machine.faults.trexLacksHdr !== true && (await this.#startScript()).includes(' --hdrh')
    return { nics: [east, west], portBandwidthGbps, threads, hasHdr }
  }

  /** The script that the unit starts, whatever its name; empty if there is none. */
  async #startScript(): Promise<string> {
    const { files } = this.#host
    const [, script = ''] = /^ExecStart=(\S+)/m.exec(await files.readFile(UNIT_FILE)) ?? []
    return (await files.exists(script)) ? files.readFile(script) : ''
  }

  /** @param planned the number of threads if the unit's environment does not set it */
  async #threads(planned: number): Promise<number> {
    const { files } = this.#host
    if (!(await files.exists(CORES_FILE))) return planned
    return Number(/^TREX_CORES=(\d+)$/m.exec(await files.readFile(CORES_FILE))?.[1] ?? planned)
  }

  /** Does the work of the unit's ExecStopPost. */
  async #notifyConsole(): Promise<void> {
    const { files, machine } = this.#host
    if (!(await files.exists(CONSOLE_NOTE))) return
    const [, line = ''] = (await files.readFile(CONSOLE_NOTE)).trim().split(' ')
    machine.terminal.write(`\n${line}\n`)
  }

  #end(state: State, result: string): void {
    const wasUp = this.#server !== undefined
    if (this.#state === 'active') void this.#notifyConsole()
    this.#state = state
    this.#result = result
    if (state === 'failed') this.#log(`trex.service: Failed with result '${result}'.`)
    this.#server?.end()
    this.#server = undefined
    if (wasUp) for (const { onDown } of this.#watches) onDown()
  }

  #status(): string {
    const active = {
      active: 'active (running)',
      activating: 'activating (start)',
      inactive: 'inactive (dead)',
      failed: `failed (Result: ${this.#result})`,
    }[this.#state]
    return (
      `${this.#state === 'failed' ? '×' : '●'} trex.service - TRex traffic generator\n` +
      `     Loaded: loaded (${UNIT_FILE}; disabled; preset: enabled)\n     Active: ${active}\n` +
      '       Docs: https://trex-tgn.cisco.com/\n' +
      `   Main PID: ${MAIN_PID}${this.#state === 'active' ? ' (start-trex)' : ''}\n\n` +
      this.journal(['-n', '10'])
    )
  }
}

interface TrexConfiguration {
  readonly interfaces: readonly string[]
  readonly port_bandwidth_gb: number
  readonly platform: { readonly dual_if: readonly [{ readonly threads: readonly number[] }] }
}

function isNic(nic: Nic | undefined): nic is Nic {
  return nic !== undefined
}
