/** The session of a trex-console with the server: what each command does and prints. */
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import type { GuestSystem } from '../system.ts'
import {
  announcement,
  bold,
  complaint,
  NOT_ACQUIRED,
  READ_ONLY,
  serverInfo,
  stepBegun,
  stepEnded,
  verboseSet,
} from './trex-output.ts'
import type { ServerEvent, TrexPort, TrexPortCounters, TrexServer } from './trex-server.ts'
import { flagOf, readStart, STATS_USAGE } from './trex-arguments.ts'
import { Conversation } from './trex-conversation.ts'
import { CONSOLE_HELP } from './trex-help.ts'
import { latencyStatistics } from './trex-latency.ts'
import { globalStatistics, type StatisticsView, portStatistics } from './trex-statistics.ts'

export interface ConsoleOptions {
  readonly force: boolean
  readonly quiet: boolean
  readonly readOnly: boolean
}

/** Types of server events. */
const STARTED = 0
const ACQUIRED = 5
/** Milliseconds until the first thread continues after the second one printed. */
const THREADS_SWITCH_MS = 30
/** Milliseconds until a request to a server that is gone fails. The real console tries four times for 3 s each. */
const GIVES_UP_MS = 2400
const NO_ANSWER = '*** [RPC] - Failed to get server response from tcp://localhost:4501'
const NOT_CONNECTED = "'get_connection_info' - is not valid while disconnected"

export class TrexSession {
  readonly id = randomBytes(4).toString('hex')
  readonly #system: GuestSystem
  readonly #options: ConsoleOptions
  readonly #write: (text: string) => void
  readonly #events: string[] = []
  #server: TrexServer | undefined
  readonly #conversation: Conversation
  #baseline: readonly TrexPortCounters[] = []

  constructor(system: GuestSystem, options: ConsoleOptions, write: (text: string) => void) {
    this.#system = system
    this.#options = options
    this.#write = write
    const tears = system.machine.faults.trexEventsTearAnswers === true
    this.#conversation = new Conversation(write, () => this.prompt, tears)
  }

  get prompt(): string {
    if (this.#server === undefined) return 'trex(offline)>'
    const owned = this.#server.ports.flatMap(({ owner }, index) => (owner === this.id ? [index] : []))
    if (owned.length === 0) return 'trex(read-only)>'
    return owned.length === this.#server.ports.length ? 'trex>' : `trex (ports: ${owned.join(', ')})>`
  }

  get isConnected(): boolean {
    return this.#server !== undefined
  }

  /** Connects and acquires the ports. @returns false if the console ends instead, after printing the reason */
  async open(signal: AbortSignal): Promise<boolean> {
    const server = await this.#reach(signal)
    if (server === undefined) {
      this.#write(`Log:\n${bold(bold(NO_ANSWER))}\n\n`)
      return false
    }
    this.#say(stepBegun('Connecting to RPC server on localhost:4501') + stepEnded(true))
    this.#say(stepBegun('Connecting to publisher server on localhost:4500') + stepEnded(true))
    if (this.#options.readOnly) this.#say(READ_ONLY)
    else if (!this.#acquire(server)) return false
    const { threads, portBandwidthGbps } = server.settings
    this.#say(serverInfo(threads, portBandwidthGbps))
    this.#server = server
    this.#clearBaseline(server)
    return true
  }

  /** Runs the commands of a line. @returns whether the console quits */
  async run(line: string, signal: AbortSignal): Promise<boolean> {
    for (const part of line.split(';')) {
      const [command = '', ...args] = part.trim().split(/\s+/)
      if (command === '') continue
      if (command === 'quit' || command === 'exit') return true
      await this.#command(command, args, signal)
    }
    return false
  }

  /** Shows an event as the console's second thread does: wherever the cursor is, with a new prompt behind it. */
  hear(event: ServerEvent): void {
    const text = announcement('server', event.level, event.text)
    this.#events.push(text.trim())
    this.#conversation.hearOf(event)
    if (!this.#options.quiet || this.#conversation.isVerbose) this.#write(`${text}${this.prompt}`)
  }

  /** Call when the server has been silent for some seconds. */
  lose(): void {
    if (this.#server === undefined) return
    this.#server = undefined
    const text = 'Connection lost - Subscriber timeout: no data from TRex server for more than 5 seconds'
    this.#write(`${announcement('local', 'warning', text)}${this.prompt}`)
  }

  /** Releases the ports at an orderly end. A killed console does not do that. */
  close(): void {
    for (const port of this.#server?.ports ?? []) if (port.owner === this.id) port.owner = undefined
  }

  async #command(command: string, args: readonly string[], signal: AbortSignal): Promise<void> {
    if (command === 'verbose') {
      this.#conversation.isVerbose = args[0] !== 'off'
      this.#write(verboseSet(this.#conversation.isVerbose ? 'on' : 'off'))
      return
    }
    if (command === 'help' || command === '?') {
      this.#write(CONSOLE_HELP)
      return
    }
    if (command === 'events') {
      this.#write(`\n${this.#events.join('\n')}\n\n`)
      return
    }
    if (command === 'connect') {
      await this.#connect(signal)
      return
    }
    if (!['start', 'stop', 'stats', 'clear', 'acquire', 'release'].includes(command)) {
      this.#write(`'${command}' is an unrecognized command. type 'help' or '?' for a list\n\n`)
      return
    }
    if (this.#server === undefined) {
      this.#write(`\n${bold(`'${command}' cannot be executed in offline mode`)}\n\n`)
      return
    }
    const server = await this.#reach(signal)
    if (server === undefined) {
      this.#server = undefined
      this.#write(complaint('stats', NOT_CONNECTED))
      return
    }
    if (command === 'stats') await this.#stats(server, args)
    else if (command === 'start') await this.#start(server, args)
    else if (command === 'stop') this.#stop(server, args)
    else if (command === 'clear') this.#clear(server)
    else if (command === 'acquire') this.#acquire(server, args.includes('--force'))
    else this.#release(server)
  }

  async #connect(signal: AbortSignal): Promise<void> {
    this.#say(stepBegun('Connecting to RPC server on localhost:4501'))
    const server = await this.#reach(signal)
    this.#say(stepEnded(server !== undefined))
    if (server === undefined) {
      this.#say(complaint('connect', bold(NO_ANSWER)))
      return
    }
    this.#say(stepBegun('Connecting to publisher server on localhost:4500') + stepEnded(true))
    if (!this.#acquire(server)) return
    this.#server = server
    this.#clearBaseline(server)
  }

  async #reach(signal: AbortSignal): Promise<TrexServer | undefined> {
    const { trex } = this.#system
    if (trex.server === undefined) await sleep(GIVES_UP_MS, undefined, { signal })
    return trex.server
  }

  #acquire(server: TrexServer, force = this.#options.force): boolean {
    const others = server.ports.filter(({ owner }) => owner !== undefined && owner !== this.id)
    const isFree = others.length === 0 || force
    this.#say(stepBegun(`${force ? 'Force acquiring' : 'Acquiring'} ports [0, 1]:`) + stepEnded(isFree))
    if (!isFree) {
      const lines = server.ports.map(
        (_, index) =>
          `${bold(bold(`Port ${index} : *** port is already owned by another session of 'root'`))}\n`,
      )
      this.#say(`Log:\n${lines.join('')}${NOT_ACQUIRED}`)
      return false
    }
    for (const [index, port] of server.ports.entries()) {
      const loser = port.owner
      port.owner = this.id
      this.#conversation.hearOf({ text: '', level: 'info', port: index, type: ACQUIRED })
      if (loser === undefined || loser === this.id) continue
      const text = `Port ${index} was forcely taken by another session of you`
      server.emit({ text, level: 'warning', port: index, type: 5, session: loser })
    }
    return true
  }

  #release(server: TrexServer): void {
    for (const port of server.ports) if (port.owner === this.id) port.owner = undefined
    this.#say(`${stepBegun('Releasing ports [0, 1]:')}${stepEnded(true)}${took()}`)
  }

  async #start(server: TrexServer, args: readonly string[]): Promise<void> {
    const { files } = this.#system
    const request = await readStart(args, async (path) =>
      (await files.exists(path)) ? files.readFile(path) : undefined,
    )
    if ('refusal' in request) {
      this.#say(request.refusal)
      return
    }
    const { force } = request
    const numbers = request.ports.map(({ port }) => port)
    const ports = numbers.flatMap((number) => server.ports[number] ?? [])
    const refuse = (why: string) => {
      this.#say(complaint('start', why))
    }
    const which = (is: (port: TrexPort) => boolean) =>
      numbers.filter((number) => server.ports[number] !== undefined && is(server.ports[number]))
    const all = profilesOf(numbers)
    const [foreign, active, down] = [
      which(({ owner }) => owner !== this.id),
      which(({ isSending }) => isSending),
      which(({ hasLink }) => !hasLink),
    ]
    if (ports.length < numbers.length) refuse(`port(s) [${numbers.join(', ')}]: invalid port IDs`)
    else if (foreign.length > 0) refuse(`port(s) [${foreign.join(', ')}]: must be acquired`)
    else if (active.length > 0 && !force)
      refuse(`port(s) [${profilesOf(active)}]: are active - please stop them or specify 'force'`)
    else if (down.length > 0 && !force)
      refuse(`port(s) [${down.join(', ')}]: link is DOWN - check the connection or specify 'force'`)
    else {
      if (active.length > 0) {
        for (const number of active) server.stop(number)
        this.#say(stepBegun(`Stopping traffic on port(s) [${profilesOf(active)}]:`) + stepEnded(true))
      }
      this.#say(stepBegun(`Removing all streams from port(s) [${all}]:`) + stepEnded(true))
      for (const number of numbers)
        this.#say(
          stepBegun(`Attaching ${request.streams} streams to port(s) [${number}._]:`) + stepEnded(true),
        )
      const [refused] = request.ports.flatMap((each) => server.start({ ...request, ...each }) ?? [])
      this.#say(stepBegun(`Starting traffic on port(s) [${all}]:`) + stepEnded(refused === undefined))
      this.#say(refused === undefined ? took() : complaint('start', bold(refused)))
      if (refused === undefined)
        for (const port of numbers)
          this.#conversation.hearOf({ text: '', level: 'info', port, type: STARTED })
    }
  }

  #stop(server: TrexServer, args: readonly string[]): void {
    const asked = flagOf(args, '-p', '--port')?.map(Number) ?? [0, 1]
    const active = asked.filter((number) => server.ports[number]?.isSending === true)
    if (active.length === 0) {
      this.#say('no active ports\n423.91 [usec]\n\n')
      return
    }
    if (active.some((number) => server.ports[number]?.owner !== this.id)) {
      this.#say(complaint('stop', `port(s) [${active.join(', ')}]: must be acquired`))
      return
    }
    for (const number of active) server.stop(number)
    this.#say(
      `${stepBegun(`Stopping traffic on port(s) [${profilesOf(active)}]:`)}${stepEnded(true)}${took()}`,
    )
  }

  #clear(server: TrexServer): void {
    this.#clearBaseline(server)
    this.#say(`${stepBegun('Clearing stats :')}${stepEnded(true)}${took()}`)
  }

  #clearBaseline(server: TrexServer): void {
    this.#baseline = server.ports.map(({ counters }) => counters)
  }

  async #stats(server: TrexServer, args: readonly string[]): Promise<void> {
    const asked = flagOf(args, '--port')?.map(Number)
    if (args.includes('-g')) await this.#show(globalStatistics(server))
    else if (args.includes('-l')) for (const view of latencyStatistics(server)) await this.#show(view)
    else if (args.includes('-p')) await this.#show(portStatistics(server, asked ?? [0, 1], this.#baseline))
    else this.#write(`${STATS_USAGE}\nstats: error: unrecognized arguments: ${args.join(' ')}\n\n`)
  }

  /** The second thread prints between a table's title and its rows, as on the real console (`trex-live/84`, `85`). */
  async #show({ requests, results, table }: StatisticsView): Promise<void> {
    this.#conversation.show(requests, results)
    const rows = table.indexOf('\n\n') + 2
    this.#write(this.#conversation.isVerbose ? `\n${table.slice(0, rows)}` : table.slice(0, rows))
    // A client that sees the redrawn prompt may type while the rest of this answer is still missing.
    if (this.#conversation.intrude()) await sleep(THREADS_SWITCH_MS)
    this.#write(table.slice(rows))
  }

  /** Prints unless `-q` hides it; verbose mode overrides `-q`. */
  #say(text: string): void {
    if (!this.#options.quiet || this.#conversation.isVerbose) this.#write(text)
  }
}

/** `0._, 1._` */
function profilesOf(ports: readonly number[]): string {
  return ports.map((port) => `${port}._`).join(', ')
}

function took(): string {
  return '4.84 [ms]\n\n'
}
