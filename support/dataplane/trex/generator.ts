/** TRex in stateless mode, through one trex-console that stays open for the run. */
import { describeError, SuiteError, TimeoutError } from '../../common/errors.ts'
import { quote } from '../../common/shell-quote.ts'
import { type Limits, waitFor } from '../../common/wait.ts'
import type { InteractiveProgram, Shell } from '../../guest/shell.ts'
import type { LinkStatus, PerPort } from '../ports.ts'
import { shareTimeout } from '../steps.ts'
import type {
  GeneratorCounters,
  GeneratorSample,
  ShortfallEvidence,
  TrafficGenerator,
  TrafficRequest,
} from '../traffic-generator.ts'
import {
  failureWords,
  portCounters,
  portStates,
  serverAnswers,
  succeeded,
  type TrexLoad,
  trexLoad,
  type TrexPortCounters,
  type TrexPortState,
  trexText,
} from './console-output.ts'
import { STREAM_PROFILE, TREX_HOME, TREX_UNIT } from './files.ts'

const PROMPT = 'trex>'
/** A console that was killed still owns its ports; this run's generator is nobody else's. */
const CONSOLE = `(cd ${quote(TREX_HOME)} && exec ./trex-console --force)`
/** Ports are numbered as the configuration lists them: east first. */
const EAST = 0
const WEST = 1
/**
 * One line, so that one prompt ends it. `verbose on` shows the server's exact counts, and stays on no longer:
 * with it, events print requests, answers and prompts of their own.
 */
const STATISTICS = `verbose on;stats --port ${EAST} ${WEST} -p;stats -g;verbose off`
/** An answer torn by an event is asked for again. */
const ATTEMPTS = 3
/** Milliseconds between two tries to reach a server that is starting. */
const SERVER_INTERVAL = 1000

/** Below this part of the rate asked for, the generator is short; above this load it has nothing left to give. */
const SHORT = 0.95
const BUSY_PERCENT = 85

interface Look {
  readonly ports: PerPort<TrexPortCounters>
  readonly states: PerPort<TrexPortState>
  readonly load: TrexLoad
}

interface Sending {
  readonly request: TrafficRequest
  /** Milliseconds of the suite's clock. */
  readonly startedAt: number
  /** When it was first seen not to send any more. */
  endedAt: number | undefined
  highestLoad: number
}

export class TrexGenerator implements TrafficGenerator {
  readonly engine = 'trex'
  readonly #shell: Shell
  #console: InteractiveProgram | undefined
  #baseline: Look | undefined
  #sending: Sending | undefined

  constructor(shell: Shell) {
    this.#shell = shell
  }

  /** Starts the server's unit and opens the console. @throws SuiteError `engine-not-available` in TRex's words */
  async prepare(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    const start = await this.#shell.run(`systemctl daemon-reload && systemctl start ${TREX_UNIT}`, rest())
    if (start.exitCode !== 0) throw this.#unavailable(trexText(start.output).trim())
    const claim = `TRex on the ${this.#shell.guest} to answer`
    this.#console = await waitFor({ ...rest(), claim, interval: SERVER_INTERVAL }, async () => {
      await this.#assertServerRuns(rest())
      try {
        return { done: await this.#shell.open(CONSOLE, PROMPT, rest()) }
      } catch (error) {
        if (!(error instanceof SuiteError && error.code === 'program-ended')) throw error
        if (!error.message.includes('Failed to get server response'))
          throw this.#unavailable(error.message, error)
        return { lastSeen: 'no answer of its server' }
      }
    })
  }

  async links(limits: Limits): Promise<PerPort<LinkStatus>> {
    const { states } = await this.#look(limits)
    return { east: states.east.link, west: states.west.link }
  }

  async clear(limits: Limits): Promise<void> {
    this.#sending = undefined
    this.#baseline = await this.#look(limits)
  }

  /** @throws SuiteError `generator-did-not-start` in TRex's words */
  async start(request: TrafficRequest, limits: Limits): Promise<void> {
    const { packetsPerSecond, duration } = request
    const line = `start -f ${STREAM_PROFILE} -m ${packetsPerSecond}pps -p ${EAST} -d ${duration / 1000}`
    const text = await this.#send(line, limits)
    if (!succeeded(text, 'Starting traffic on port(s)')) {
      const words = failureWords(text).join('; ') || 'it said nothing of success'
      throw new SuiteError(
        'generator-did-not-start',
        `TRex did not start on the ${this.#shell.guest}: ${words}`,
      )
    }
    this.#sending = { request, startedAt: performance.now(), endedAt: undefined, highestLoad: 0 }
  }

  async counters(limits: Limits): Promise<GeneratorCounters> {
    return (await this.sample(limits)).counters
  }

  async isSending(limits: Limits): Promise<boolean> {
    return (await this.sample(limits)).isSending
  }

  async sample(limits: Limits): Promise<GeneratorSample> {
    const look = await this.#look(limits)
    return { counters: this.#countersOf(look), isSending: isSending(look) }
  }

  async stop(limits: Limits): Promise<{ readonly sentFor: number; readonly shortfall: ShortfallEvidence }> {
    const rest = shareTimeout(limits)
    const sending = this.#sending
    if (sending === undefined) return { sentFor: 0, shortfall: [] }
    let look = await this.#look(rest())
    if (isSending(look)) {
      const text = await this.#send(`stop -p ${EAST}`, rest())
      look = await this.#look(rest())
      if (isSending(look)) {
        const words = failureWords(text).join('; ') || 'it said nothing'
        throw new SuiteError('generator-did-not-stop', `TRex did not stop: ${words}`)
      }
    }
    const elapsed = (sending.endedAt ?? performance.now()) - sending.startedAt
    const sentFor = Math.min(sending.request.duration, elapsed)
    return { sentFor, shortfall: this.#shortfall(sending, look, sentFor) }
  }

  async #assertServerRuns(limits: Limits): Promise<void> {
    const { output } = await this.#shell.run(`systemctl is-active ${TREX_UNIT}`, limits)
    if (!/failed|inactive/.test(output)) return
    const { output: journal } = await this.#shell.run(
      `journalctl -u ${TREX_UNIT} -n 15 -o cat --no-pager`,
      limits,
    )
    throw this.#unavailable(trexText(journal).trim().split('\n').slice(-5).join('; '))
  }

  #unavailable(words: string, cause?: unknown): SuiteError {
    const message = `TRex does not run on the ${this.#shell.guest}: ${words}`
    return new SuiteError('engine-not-available', message, { cause })
  }

  async #send(line: string, limits: Limits): Promise<string> {
    if (this.#console === undefined) throw new TypeError('TRex is not prepared yet')
    try {
      return trexText(await this.#console.send(line, limits))
    } catch (error) {
      // A console that lost its server has another prompt.
      if (!(error instanceof TimeoutError && error.message.includes('(offline)>'))) throw error
      const message = `the TRex server on the ${this.#shell.guest} is gone: ${describeError(error)}`
      throw new SuiteError('generator-lost', message, { cause: error })
    }
  }

  async #look(limits: Limits): Promise<Look> {
    const rest = shareTimeout(limits)
    for (let attempt = 1; ; attempt++) {
      const text = await this.#send(STATISTICS, rest())
      try {
        const look = readLook(text)
        this.#note(look)
        return look
      } catch (error) {
        if (!(error instanceof SuiteError && error.code === 'unparsable') || attempt === ATTEMPTS) throw error
      }
    }
  }

  #note(look: Look): void {
    const sending = this.#sending
    if (sending === undefined) return
    sending.highestLoad = Math.max(sending.highestLoad, look.load.cpuUtilization)
    if (!isSending(look)) sending.endedAt ??= performance.now()
  }

  #countersOf({ ports }: Look): GeneratorCounters {
    if (this.#baseline === undefined)
      throw new TypeError('TRex has no baseline yet: clear comes before counters')
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

  #shortfall({ request, highestLoad }: Sending, look: Look, sentFor: number): ShortfallEvidence {
    const achieved = sentFor > 0 ? (this.#countersOf(look).eastTx * 1000) / sentFor : 0
    if (achieved >= request.packetsPerSecond * SHORT) return []
    const evidence = [
      `TRex sent ${Math.round(achieved)} packets per second instead of ${request.packetsPerSecond}`,
    ]
    if (highestLoad > BUSY_PERCENT) evidence.push(`m_cpu_util reached ${highestLoad.toFixed(1)} %`)
    const queueFull = look.load.queueFull - (this.#baseline?.load.queueFull ?? 0)
    if (queueFull > 0) evidence.push(`m_total_queue_full grew by ${queueFull}`)
    return evidence
  }
}

function readLook(text: string): Look {
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

function isSending({ states }: Look): boolean {
  return states.east.state !== 'IDLE'
}

function since(before: TrexPortCounters, now: TrexPortCounters): TrexPortCounters {
  const change = (name: keyof TrexPortCounters): number => {
    if (now[name] >= before[name]) return now[name] - before[name]
    throw new SuiteError(
      'counter-went-back',
      `TRex's ${name} went back from ${before[name]} to ${now[name]}: its server was started anew`,
    )
  }
  return {
    opackets: change('opackets'),
    ipackets: change('ipackets'),
    oerrors: change('oerrors'),
    ierrors: change('ierrors'),
  }
}
