/** TRex in stateless mode, controlled through trex-console. */
import { portsOf, sentForBetween, type TrafficRequest } from '../../../model/shortfall.ts'
import { isSuiteError, SuiteError } from '../../../common/errors.ts'
import { type Logger, silentLogger } from '../../../common/logger.ts'
import { type Limits, shareTimeout, waitFor } from '../../../common/wait.ts'
import type { Shell } from '../../../guest/console/shell.ts'
import { type LinkStatus, type PerPort, PORT_NAMES } from '../../../model/ports.ts'
import type {
  GeneratorCounters,
  GeneratorEnd,
  GeneratorSample,
  LatencyReading,
  TrafficGenerator,
} from '../../traffic-generator.ts'
import { ServerGone, TrexConsole } from './console.ts'
import {
  failureLines,
  interference,
  portCounters,
  portStates,
  serverAnswers,
  serverIsGone,
  succeeded,
  type TrexLoad,
  trexLoad,
  type TrexPortCounters,
  type TrexPortState,
} from './console-output.ts'
import { LATENCY_GROUPS, LATENCY_PROFILE, STREAM_PROFILE, targetTunables } from './files.ts'
import { hasLatencies, latencyReadings } from './latency-output.ts'
import { TrexServer } from './server.ts'
import { shortfallOf } from './shortfall.ts'

/** Ports are numbered in the order of the configuration: east first. */
const EAST = 0
const WEST = 1
const NUMBERS: PerPort<number> = { east: EAST, west: WEST }

/** The numbers of the ports that send, as the console's `-p` takes them. */
function numbersOf(request: TrafficRequest): string {
  return portsOf(request)
    .map((port) => NUMBERS[port])
    .join(' ')
}

/**
 * One line, so that one answer contains all statistics. `verbose on` shows the server's exact counts; it is turned off
 * at once, because events would print requests, answers and prompts as well.
 */
const STATISTICS = `verbose on;stats --port ${EAST} ${WEST} -p;stats -g;verbose off`

/** The answer of the server that is shown has the latencies of all streams, in full. */
const LATENCIES = 'verbose on;stats -l;verbose off'

/** Milliseconds between two attempts to reach a server that listens but does not answer yet. */
const SERVER_INTERVAL = 1000

interface Reading {
  /** Milliseconds of the suite's clock at the request and at the answer; the state is from between them. */
  readonly asked: number
  readonly answered: number
  readonly ports: PerPort<TrexPortCounters>
  readonly states: PerPort<TrexPortState>
  readonly load: TrexLoad
}

interface Sending {
  readonly request: TrafficRequest
  readonly startedAt: number
  /** Milliseconds since the start: the request of the last sample that found it sending, … */
  lastSending: number
  /** … and the answer of the first one that found it stopped. */
  firstStopped: number | undefined
  highestLoad: number
}

export class TrexGenerator implements TrafficGenerator {
  readonly engine = 'trex'
  readonly #shell: Shell
  readonly #logger: Logger
  readonly #server: TrexServer
  readonly #now: () => number
  #console: TrexConsole | undefined
  #baseline: Reading | undefined
  /** The last reading: a counter below it was reset meanwhile, even if it is above the baseline. */
  #latest: PerPort<TrexPortCounters> | undefined
  #sending: Sending | undefined
  /** MAC addresses that replace the addresses of the profile. */
  #peers: PerPort<string> | undefined

  /**
   * @param cores number of CPUs that the server is configured to send from
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    shell: Shell,
    cores: number,
    logger: Logger = silentLogger,
    now: () => number = () => performance.now(),
  ) {
    this.#now = now
    this.#shell = shell
    this.#logger = logger
    this.#server = new TrexServer(shell, cores, logger)
  }

  get version(): string | undefined {
    const version = /^Server version:\s*(v[\w.-]{1,40})/m.exec(this.#console?.banner ?? '')?.[1]
    return version === undefined ? undefined : `TRex ${version}`
  }

  /** Starts the server's unit and opens the console. @throws EngineError `engine-not-available` with TRex's output */
  async prepare(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    await this.#server.start(rest())
    const claim = `TRex on the ${this.#shell.guest} to answer`
    this.#console = await waitFor({ ...rest(), claim, interval: SERVER_INTERVAL }, async () => {
      try {
        return { done: await TrexConsole.open(this.#shell, this.#server, rest(), this.#logger) }
      } catch (error) {
        if (error instanceof ServerGone) throw await this.#server.notAvailable(undefined, rest(), error)
        if (!isSuiteError(error, 'program-ended')) throw error
        const diagnostics = error.facts.output ?? ''
        if (!serverIsGone(diagnostics)) throw await this.#server.notAvailable(error.message, rest(), error)
        if (!(await this.#server.runs(rest())))
          throw await this.#server.notAvailable(undefined, rest(), error)
        return { lastSeen: 'no answer from its server' }
      }
    })
  }

  aim(peers: PerPort<string>): Promise<void> {
    this.#peers = peers
    return Promise.resolve()
  }

  async links(limits: Limits): Promise<PerPort<LinkStatus>> {
    const { states } = await this.#read(limits)
    return { east: states.east.link, west: states.west.link }
  }

  async clear(limits: Limits): Promise<void> {
    this.#sending = undefined
    this.#latest = undefined
    this.#baseline = await this.#read(limits)
  }

  /** @throws SuiteError `generator-did-not-start` with TRex's message */
  async start(request: TrafficRequest, limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    const { packetsPerSecond, duration, latency = false } = request
    // The rate applies to each port.
    const line = `start -f ${latency ? LATENCY_PROFILE : STREAM_PROFILE} -m ${packetsPerSecond}pps -p ${numbersOf(request)} -d ${duration / 1000}${targetTunables(this.#peers)}`
    const text = await this.#command(line, rest())
    const startedAt = this.#now()
    if (!succeeded(text, 'Starting traffic on port(s)')) {
      const refusal = failureLines(text).join('; ')
      // An event may have interrupted the message; then the port's state decides.
      if (refusal !== '' || !isSending(await this.#read(rest()))) {
        throw new SuiteError(
          'generator-did-not-start',
          `TRex did not start on the ${this.#shell.guest}: ${refusal || 'it did not report success'}`,
        )
      }
    }
    this.#sending = { request, startedAt, lastSending: 0, firstStopped: undefined, highestLoad: 0 }
  }

  async sample(limits: Limits): Promise<GeneratorSample> {
    const rest = shareTimeout(limits)
    const reading = await this.#read(rest())
    return { counters: await this.#countersOf(reading, rest), isSending: isSending(reading) }
  }

  async stop(limits: Limits): Promise<GeneratorEnd> {
    const rest = shareTimeout(limits)
    const sending = this.#sending
    if (sending === undefined) return { sentFor: 0, shortfall: [] }
    let reading = await this.#read(rest())
    if (isSending(reading)) {
      const text = await this.#command(`stop -p ${numbersOf(sending.request)}`, rest())
      reading = await this.#read(rest())
      if (isSending(reading)) {
        const refusal = failureLines(text).join('; ') || 'it said nothing'
        throw new SuiteError('generator-did-not-stop', `TRex did not stop: ${refusal}`)
      }
    }
    const { request, lastSending, firstStopped = lastSending } = sending
    const sentFor = sentForBetween(lastSending, firstStopped, request.duration)
    const counters = await this.#countersOf(reading, rest)
    const queueFull = reading.load.queueFull - (this.#baseline?.load.queueFull ?? 0)
    const shortfall = shortfallOf(sending.request, {
      sent: { east: counters.eastTx, west: counters.westTx },
      sentFor,
      highestLoad: sending.highestLoad,
      queueFull,
    })
    if (shortfall.length === 0) return { sentFor, shortfall, counters }
    return { sentFor, shortfall: [...shortfall, ...(await this.#interference(rest()))], counters }
  }

  async latency(limits: Limits): Promise<readonly LatencyReading[]> {
    const sent = this.#sending
    if (sent === undefined) return []
    const answers = await this.#withServer(limits, (console, rest) =>
      console.ask(LATENCIES, hasLatencies, rest()),
    )
    const groups = Object.fromEntries(portsOf(sent.request).map((port) => [port, LATENCY_GROUPS[port]]))
    return latencyReadings(answers, groups, NUMBERS)
  }

  /** Logs TRex's events about other sessions if it fell short. */
  async #interference(limits: Limits): Promise<string[]> {
    const events = await this.#command('events', limits)
    return interference(events).map((text) => `TRex says: ${text}`)
  }

  async #command(line: string, limits: Limits): Promise<string> {
    return this.#withServer(limits, async (console, rest) => {
      return console.command(line, rest())
    })
  }

  #read(limits: Limits): Promise<Reading> {
    return this.#withServer(limits, async (console, rest) => {
      const asked = this.#now()
      const counters = await console.ask(STATISTICS, parseReading, rest())
      const reading = { ...counters, asked, answered: this.#now() }
      this.#recordReading(reading)
      return reading
    })
  }

  /** If the server is gone, the error quotes systemd and the journal. */
  async #withServer<T>(
    limits: Limits,
    work: (console: TrexConsole, rest: () => Limits) => Promise<T>,
  ): Promise<T> {
    if (this.#console === undefined) throw new TypeError('TRex is not prepared yet')
    const rest = shareTimeout(limits)
    try {
      return await work(this.#console, rest)
    } catch (error) {
      if (!(error instanceof ServerGone)) throw error
      await this.#console.close(rest())
      throw await this.#server.lost(rest())
    }
  }

  #recordReading(reading: Reading): void {
    const sending = this.#sending
    if (sending === undefined) return
    sending.highestLoad = Math.max(sending.highestLoad, reading.load.cpuUtilization)
    if (sending.firstStopped !== undefined) return
    if (isSending(reading)) sending.lastSending = Math.max(0, reading.asked - sending.startedAt)
    else sending.firstStopped = reading.answered - sending.startedAt
  }

  /** @throws EngineError if they went back because another server was started since */
  async #countersOf(reading: Reading, rest: () => Limits): Promise<GeneratorCounters> {
    try {
      return this.#counted(reading)
    } catch (error) {
      if (!isSuiteError(error, 'counter-went-back')) throw error
      await this.#console?.close(rest())
      throw (await this.#server.runs(rest())) ? error : await this.#server.lost(rest(), error)
    }
  }

  #counted({ ports }: Reading): GeneratorCounters {
    if (this.#baseline === undefined)
      throw new TypeError('TRex has no baseline yet: clear comes before counters')
    if (this.#latest !== undefined)
      for (const port of PORT_NAMES) since({ ...this.#latest[port], oerrors: 0, ierrors: 0 }, ports[port])
    this.#latest = ports
    const before = this.#baseline.ports
    const east = since(before.east, ports.east)
    const west = since(before.west, ports.west)
    return {
      eastTx: east.opackets,
      eastRx: east.ipackets,
      westTx: west.opackets,
      westRx: west.ipackets,
      outputErrors: east.oerrors + west.oerrors,
      inputErrors: east.ierrors + west.ierrors,
    }
  }
}

function parseReading(text: string): Omit<Reading, 'asked' | 'answered'> {
  const answers = serverAnswers(text)
  const states = portStates(text)
  const [east, west] = [EAST, WEST].map((port) => {
    const state = states.get(port)
    if (state !== undefined) return state
    throw new SuiteError('unparsable', `TRex's table has no port ${port}`)
  }) as [TrexPortState, TrexPortState]
  return {
    ports: { east: portCounters(answers, EAST), west: portCounters(answers, WEST) },
    states: { east, west },
    load: trexLoad(answers),
  }
}

function isSending({ states }: Pick<Reading, 'states'>): boolean {
  return PORT_NAMES.some((port) => states[port].state !== 'IDLE')
}

function since(before: TrexPortCounters, now: TrexPortCounters): TrexPortCounters {
  const change = (name: keyof TrexPortCounters): number => {
    if (now[name] >= before[name]) return now[name] - before[name]
    throw new SuiteError(
      'counter-went-back',
      `TRex's ${name} went back from ${before[name]} to ${now[name]}: its server was restarted`,
    )
  }
  return {
    opackets: change('opackets'),
    ipackets: change('ipackets'),
    oerrors: change('oerrors'),
    ierrors: change('ierrors'),
  }
}
