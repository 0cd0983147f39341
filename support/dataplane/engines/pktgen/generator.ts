/** The Linux kernel's packet generator, controlled through a guest's shell. Uses the NICs' kernel drivers. */
import {
  portsOf,
  type ShortfallEvidence,
  shortfallOfPorts,
  type TrafficRequest,
} from '../../../model/shortfall.ts'
import { describeError, isSuiteError, SuiteError } from '../../../common/errors.ts'
import { quote } from '../../../common/shell-quote.ts'
import { areOfOneSize } from '../../../model/frame.ts'
import { type Limits, shareTimeout } from '../../../common/wait.ts'
import type { Shell } from '../../../guest/console/shell.ts'
import { consoleLines, unparsable } from '../../guest-output.ts'
import type { LinkStatus, PerPort, PortName } from '../../../model/ports.ts'
import {
  type GeneratorCounters,
  type GeneratorEnd,
  type GeneratorSample,
  type LatencyReading,
  type TrafficGenerator,
} from '../../traffic-generator.ts'
import {
  everyOf,
  HAS_READER,
  NO_READER,
  parseReader,
  startReaderCommand,
  STOP_READER,
} from './latency-reader.ts'
import { CountersSinceClear, isSending, sum } from './counters.ts'
import { readLinks } from './interfaces.ts'
import { type Preparation, type Prepared, prepareGuest } from './preparation.ts'
import {
  devicesCommand,
  parseDevices,
  parseStatistics,
  parseUptime,
  type PktgenStatistics,
  statisticsCommand,
  PRINT_UPTIME,
} from './statistics.ts'
import {
  IMIX_PARAMETER,
  newRateCommand,
  newTargetCommand,
  PKTGEN,
  planThreads,
  removeDevicesCommand,
  type SendingThread,
  setUpCommand,
  shareCpus,
} from './threads.ts'

export interface PktgenSetting extends Preparation {
  readonly shell: Shell
  /** MAC addresses of the VM under test's ports: each port sends to the port on its own network. */
  readonly targetMacs: PerPort<string>
  readonly flows: number
  /** Whether requests may ask for latencies. Default: no. */
  readonly measuresLatency?: boolean
  /** Milliseconds of the suite's clock; for tests. */
  readonly now?: () => number
}

interface Run {
  readonly request: TrafficRequest
  readonly threads: readonly SendingThread[]
  /** Milliseconds of the guest's uptime at the start command. */
  readonly since: number | undefined
  /** Milliseconds of the suite's clock when it was running. */
  readonly startedBy: number
  /** Milliseconds since then at the request of the last sample that found it sending. */
  lastSending: number
}

export class PktgenGenerator implements TrafficGenerator {
  readonly engine = 'pktgen'
  readonly measuresEach = true
  readonly #setting: PktgenSetting
  readonly #now: () => number
  #prepared: Prepared | undefined
  readonly #counters = new CountersSinceClear()
  /** The reading that found the last run ended; undefined before that. */
  #over: PktgenStatistics | undefined
  #sending: Run | undefined
  /** Threads that are configured already. To send again, only their rate and number of packets change. */
  #setUp: readonly SendingThread[] = []
  #latencyProblem: string | undefined
  /** Of the last request, if it includes latencies: each n-th packet is read. */
  #every: number | undefined
  #targetMacs: PerPort<string>

  constructor(setting: PktgenSetting) {
    this.#setting = setting
    this.#targetMacs = setting.targetMacs
    this.#now = setting.now ?? (() => performance.now())
  }

  get latencyProblem(): string | undefined {
    return this.#latencyProblem
  }

  /** @throws SuiteError `no-interface`, `engine-not-available` */
  async prepare(limits: Limits): Promise<void> {
    const { shell } = this.#setting
    const rest = shareTimeout(limits)
    this.#prepared = await prepareGuest(shell, this.#setting, rest())
    if (!areOfOneSize(this.#setting.frames)) await this.#mustKnowSizes(rest())
    if (this.#setting.measuresLatency === true && (await shell.run(HAS_READER, rest())).exitCode !== 0)
      this.#latencyProblem = `${NO_READER} (${shell.guest})`
  }

  async aim(peers: PerPort<string>, limits: Limits): Promise<void> {
    this.#targetMacs = peers
    if (this.#setUp.length > 0) await this.#setting.shell.check(newTargetCommand(this.#setUp, peers), limits)
  }

  links(limits: Limits): Promise<PerPort<LinkStatus>> {
    return readLinks(this.#setting.shell, this.#ready().interfaces, limits)
  }

  async clear(limits: Limits): Promise<void> {
    this.#sending = undefined
    this.#counters.clear((await this.#readStatistics(limits)).nic)
  }

  /**
   * Sends rate × duration packets. A guest that is too slow takes longer than the duration; the caller must then `stop`
   * it.
   * @throws SuiteError `generator-did-not-start` with pktgen's message
   */
  async start(request: TrafficRequest, limits: Limits): Promise<void> {
    const { shell } = this.#setting
    const rest = shareTimeout(limits)
    const threads = this.#plan(request)
    const devicesOf = (some: readonly SendingThread[]) =>
      some.map(({ device, cpu }) => `${device} ${cpu}`).join()
    if (devicesOf(threads) === devicesOf(this.#setUp)) await shell.check(newRateCommand(threads), rest())
    else await this.#setUpThreads(threads, rest)
    await this.#startReader(request, threads, rest)
    // Writing "start" blocks until the last packet is sent, so it runs in the background of a subshell (which prints no
    // job messages). The threads take up to 0.1 s to start.
    const names = threads.map(({ device }) => device)
    const files = names.map((device) => quote(`${PKTGEN}/${device}`)).join(' ')
    this.#over = undefined
    const said = await shell.check(
      `${PRINT_UPTIME}; ( (echo start > ${PKTGEN}/pgctrl) </dev/null >/dev/null 2>&1 &); ` +
        `for turn in $(seq 60); do grep -qE '^Result: (Starting|OK: [0-9]+\\(|Error)' ${files} && break; sleep 0.05; done; ` +
        devicesCommand(names),
      rest(),
    )
    this.#sending = {
      request,
      threads,
      since: parseUptime(said),
      startedBy: this.#now(),
      lastSending: 0,
    }
    const devices = parseDevices(said, names)
    if (devices.every(({ phase }) => phase === 'sending' || phase === 'done')) return
    const text = devices.map(({ result }) => result).join('; ')
    throw new SuiteError(
      'generator-did-not-start',
      `kernel pktgen did not start on the ${shell.guest}: ${text}`,
    )
  }

  async sample(limits: Limits): Promise<GeneratorSample> {
    const statistics = await this.#readStatistics(limits)
    const elapsed = elapsedSince(this.#sending?.since, statistics.uptime)
    return {
      counters: this.#countersOf(statistics),
      isSending: isSending(statistics),
      ...(elapsed === undefined ? {} : { elapsed }),
    }
  }

  async stop(
    limits: Limits,
    { isCounted = false }: { readonly isCounted?: boolean } = {},
  ): Promise<GeneratorEnd> {
    const { shell } = this.#setting
    const rest = shareTimeout(limits)
    const sending = this.#sending
    if (sending === undefined) return { sentFor: 0, shortfall: [] }
    let statistics = (isCounted ? this.#over : undefined) ?? (await this.#readStatistics(rest()))
    if (isSending(statistics)) {
      const files = sending.threads.map(({ device }) => quote(`${PKTGEN}/${device}`)).join(' ')
      await shell.check(
        `echo stop > ${PKTGEN}/pgctrl; ` +
          `for turn in $(seq 60); do grep -q '^Result: Starting' ${files} || break; sleep 0.05; done`,
        rest(),
      )
      statistics = await this.#readStatistics(rest())
    }
    // The guest's own clock is exact, but stops or lags if the host does not run the guest. It has sent at least for
    // the time in which samples found it sending.
    const sentFor = Math.max(sending.lastSending, ...statistics.devices.map(({ elapsed }) => elapsed))
    const counters = this.#counters.isCleared ? this.#countersOf(statistics) : undefined
    const sentBy = (port: PortName) =>
      sum(statistics.devices.map(({ soFar }, index) => (sending.threads[index]?.port === port ? soFar : 0)))
    const sent = {
      east: counters?.eastTx ?? sentBy('east'),
      west: counters?.westTx ?? sentBy('west'),
    }
    const shortfall = shortfallOf(sending.request, statistics, sent, sentFor)
    return { sentFor, shortfall, ...(counters === undefined ? {} : { counters }) }
  }

  async latency(limits: Limits): Promise<readonly LatencyReading[]> {
    const [sending, every] = [this.#sending, this.#every]
    if (sending === undefined || every === undefined) return []
    this.#every = undefined
    const { exitCode, output } = await this.#setting.shell.run(STOP_READER, limits)
    if (exitCode !== 0) throw unparsable('the reader of latencies ended early', output)
    const sent = portsOf(sending.request).map((port) => {
      const mine = sending.threads.filter((thread) => thread.port === port)
      return [port, mine.length === 1 ? mine[0]?.packets : undefined] as const
    })
    return parseReader(output, this.#ready().interfaces, every, Object.fromEntries(sent))
  }

  async #startReader(
    request: TrafficRequest,
    threads: readonly SendingThread[],
    rest: () => Limits,
  ): Promise<void> {
    this.#every = undefined
    if (request.latency !== true || this.#latencyProblem !== undefined) return
    const { interfaces } = this.#ready()
    const receiving = portsOf(request).map((port) => interfaces[port === 'east' ? 'west' : 'east'])
    this.#every = everyOf(request.packetsPerSecond)
    const command = startReaderCommand(receiving, threads, this.#every)
    const { exitCode, output } = await this.#setting.shell.run(command, rest())
    if (exitCode === 0) return
    this.#every = undefined
    const why = consoleLines(output).findLast((line) => line !== '') ?? ''
    this.#latencyProblem = `the reader of time stamps does not run on the ${this.#setting.shell.guest}: ${why}`
  }

  /** At least as many threads of a port as are set up. */
  #plan(request: TrafficRequest): SendingThread[] {
    const { flows } = this.#setting
    const { interfaces, cpus, queues } = this.#ready()
    const ports = portsOf(request)
    const shares = shareCpus(ports, cpus)
    return ports.flatMap((port) => {
      const known = this.#setUp.filter((thread) => thread.port === port).length
      const sending = { port, name: interfaces[port], cpus: shares[port], queues: queues[port], flows }
      return planThreads(request, sending, Math.max(1, known))
    })
  }

  async #setUpThreads(threads: readonly SendingThread[], rest: () => Limits): Promise<void> {
    const { shell } = this.#setting
    // pktgen starts every device that there is.
    const unused = this.#setUp
      .map(({ cpu }) => cpu)
      .filter((cpu) => !threads.some((each) => each.cpu === cpu))
    this.#setUp = []
    for (const cpu of new Set(unused)) await shell.check(removeDevicesCommand(cpu), rest())
    const cleared = new Set<number>()
    for (const thread of threads) {
      const clear = cleared.has(thread.cpu) ? [] : [removeDevicesCommand(thread.cpu)]
      cleared.add(thread.cpu)
      await shell.check([...clear, this.#setUpCommand(thread)].join(' && '), rest())
    }
    this.#setUp = threads
  }

  #setUpCommand(thread: SendingThread): string {
    return setUpCommand(thread, this.#targetMacs[thread.port], this.#setting.frames)
  }

  /** @throws SuiteError `engine-not-available` if this kernel's pktgen supports only one frame size */
  async #mustKnowSizes(limits: Limits): Promise<void> {
    const { shell } = this.#setting
    const [thread] = this.#plan({ packetsPerSecond: 1, duration: 1000 })
    if (thread === undefined) return
    try {
      await shell.check(`${removeDevicesCommand(thread.cpu)} && ${this.#setUpCommand(thread)}`, limits)
    } catch (error) {
      if (!isSuiteError(error, 'command-failed')) throw error
      throw new SuiteError(
        'engine-not-available',
        `kernel pktgen of the ${shell.guest} cannot send frames of several sizes (${IMIX_PARAMETER}, which Linux has ` +
          `since 5.15): ${describeError(error)}`,
        { cause: error },
      )
    }
  }

  async #readStatistics(limits: Limits): Promise<PktgenStatistics> {
    const { interfaces } = this.#ready()
    const devices = this.#sending?.threads.map(({ device }) => device) ?? []
    const asked = this.#now()
    const output = await this.#setting.shell.check(statisticsCommand(interfaces, devices), limits)
    const statistics = parseStatistics(output, interfaces, devices)
    if (this.#sending !== undefined) {
      if (isSending(statistics)) this.#sending.lastSending = asked - this.#sending.startedBy
      else this.#over = statistics
    }
    return statistics
  }

  #countersOf(statistics: PktgenStatistics): GeneratorCounters {
    const sending = this.#sending === undefined ? [] : portsOf(this.#sending.request)
    return this.#counters.read(statistics, sending)
  }

  #ready(): Prepared {
    if (this.#prepared !== undefined) return this.#prepared
    throw new TypeError('pktgen is not prepared yet')
  }
}

function elapsedSince(start: number | undefined, now: number | undefined): number | undefined {
  return start === undefined || now === undefined ? undefined : Math.max(0, now - start)
}

function shortfallOf(
  request: TrafficRequest,
  { devices }: PktgenStatistics,
  sent: PerPort<number>,
  sentFor: number,
): ShortfallEvidence {
  const evidence = shortfallOfPorts(request, sent, sentFor)
  const idle =
    (100 * sum(devices.map((device) => device.idle))) / sum(devices.map((device) => device.elapsed))
  if (evidence.length === 0 || !Number.isFinite(idle) || idle >= 10) return evidence
  return [...evidence, `its sending CPUs were ${(100 - idle).toFixed(1)} % busy, so they cannot send faster`]
}
