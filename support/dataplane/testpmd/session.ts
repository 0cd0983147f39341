/** dpdk-testpmd in mac forwarding mode on the VM under test, controlled through its prompt. */
import { LINK_INTERVAL } from '../../model/links.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError, isSuiteError, SuiteError } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/logger.ts'
import { type Limits, shareTimeout, waitFor } from '../../common/wait.ts'
import type { InteractiveProgram, Shell } from '../../guest/console/shell.ts'
import { assertMacAddress, type LinkStatus, type PerPort, PORT_NAMES } from '../../model/ports.ts'
import { agree, type Contradictions, contradictionsOf } from './contradictions.ts'
import { consoleLines } from '../guest-output.ts'
import type { TestpmdPlan } from './command.ts'
import {
  bothPorts,
  countersSince,
  extendedSince,
  forwardCounters,
  mustNotGoBack,
  portStatisticsSince,
  type TestpmdCounters,
} from './counters.ts'
import type { AbsurdCounter } from './parsers/counter-block.ts'
import { parseForwardStatistics } from './parsers/forward-statistics.ts'
import { type LcoreUsage, parseLcoreUsage, printsLcoreUsage } from './parsers/lcore-usage.ts'
import { parsePortInfo, type PortInfo } from './parsers/port-info.ts'
import {
  type ExtendedStatistics,
  parseExtendedStatistics,
  parsePortStatistics,
  type PortStatistics,
} from './parsers/port-statistics.ts'
import { mustNotBeRefused } from './parsers/refused-statistics.ts'
import { withPortEvents } from './port-events.ts'
import { launch } from './launch.ts'
import { explainMissingPorts, TestpmdStartError } from './start-failure.ts'

/** A query is repeated if kernel messages interrupted its answer; the counters stay. */
const ATTEMPTS = 3
/** Milliseconds before statistics are queried again after a driver failed: a VF may be in a reset. */
const REFUSED_PAUSE = 500

export interface TestpmdFinalStatistics {
  readonly counters: TestpmdCounters
  /** Counters of the NICs' drivers since `clear`. */
  readonly nic: PerPort<PortStatistics>
  /** Contradicting counts of the same packets. */
  readonly contradictions: Contradictions
  /** The drivers' own counters that changed since `clear`; undefined if the answer was malformed. */
  readonly extended: PerPort<ExtendedStatistics> | undefined
}

interface Baseline {
  readonly counters: TestpmdCounters
  readonly nic: PerPort<PortStatistics>
  readonly extended: PerPort<ExtendedStatistics> | undefined
}

/** A running testpmd whose ports are the planned ones. It forwards from `startForwarding` on. */
export class TestpmdSession {
  /** The effective plan: queues and descriptors are fewer than requested if the NIC has fewer. */
  readonly plan: TestpmdPlan
  readonly #program: InteractiveProgram
  readonly #logger: Logger
  #baseline: Baseline | undefined
  /** The last reading: a counter below it was reset meanwhile, even if it is above the baseline. */
  #latest: TestpmdCounters | undefined
  readonly #absurd = new Set<string>()

  private constructor(program: InteractiveProgram, plan: TestpmdPlan, logger: Logger) {
    this.#program = program
    this.plan = plan
    this.#logger = logger
  }

  /**
   * Starts testpmd and waits for its prompt. If the NIC has fewer queues or descriptors than planned, testpmd is
   * restarted with those that exist, and `plan` has their numbers.
   * @throws TestpmdStartError if it ends instead, or shows its prompt without both ports; SuiteError `testpmd-ports` if
   * it has other ports
   */
  static async open(
    shell: Shell,
    plan: TestpmdPlan,
    limits: Limits,
    logger: Logger = silentLogger,
  ): Promise<TestpmdSession> {
    const rest = shareTimeout(limits)
    const [program, actualPlan] = await launch(shell, plan, rest, logger)
    const session = new TestpmdSession(program, actualPlan, logger)
    checkPorts(actualPlan, await session.#firstPorts(shell, rest))
    return session
  }

  /** EAL's version, e.g. `DPDK 22.11.11`; undefined if not printed. */
  get version(): string | undefined {
    return /RTE Version: '(DPDK [\w.~+-]{1,40})/.exec(this.#program.banner)?.[1]
  }

  /** @throws SuiteError `testpmd-not-forwarding` with testpmd's message */
  async startForwarding(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    // Costs two reads of the TSC per burst, and gives cycles per packet. An older testpmd rejects the command.
    await this.#program.send('set record-core-cycles on', rest())
    const answer = await this.#program.send('start', rest())
    if (/packet forwarding - ports=2\b/.test(answer)) return
    const text = answer
      .trim()
      .split(/\s*[\r\n]\s*/)
      .slice(0, 3)
      .join('; ')
    throw new SuiteError(
      'testpmd-not-forwarding',
      `testpmd did not start forwarding: ${text || 'it said nothing'}`,
    )
  }

  /**
   * Forwards to other peers from now on: from each port to the MAC address of the generator's port on the same network.
   * No packet may be in flight. The counters start at zero again.
   * @throws SuiteError `testpmd-not-forwarding` with testpmd's message
   */
  async setPeers({ east, west }: PerPort<string>, limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    // testpmd refuses other addresses while it forwards.
    await this.#program.send('stop', rest())
    for (const [port, mac] of [east, west].entries()) {
      const answer = await this.#program.send(`set eth-peer ${port} ${assertMacAddress(mac)}`, rest())
      if (/command not found|bad arguments|ambiguous|invalid/i.test(answer))
        throw new SuiteError(
          'testpmd-not-forwarding',
          `testpmd does not take another peer: ${consoleLines(answer).join('; ')}`,
        )
    }
    this.#baseline = undefined
    this.#latest = undefined
    await this.startForwarding(rest())
  }

  /**
   * Turns on or off counting of polls by the packets found: one more increment per poll, in the queue's own memory.
   * Counts stay until `clear`.
   * @returns false if this testpmd does not have the command
   */
  async recordPolls(isOn: boolean, limits: Limits): Promise<boolean> {
    const answer = await this.#program.send(`set record-burst-stats ${isOn ? 'on' : 'off'}`, limits)
    return !/command not found|bad arguments|ambiguous/i.test(answer)
  }

  /** Cycles of each forwarding lcore, by its number; empty if this testpmd does not print them. */
  async lcoreUsage(limits: Limits): Promise<ReadonlyMap<number, LcoreUsage>> {
    if (!printsLcoreUsage(this.version)) return new Map()
    return parseLcoreUsage(await this.#program.send('dump_lcores', limits))
  }

  /** Reads device, driver, link and queues of both ports. */
  ports(limits: Limits): Promise<PerPort<PortInfo>> {
    return this.#ask('show port info all', (answer) => bothPorts(parsePortInfo(answer)), limits)
  }

  async links(limits: Limits): Promise<PerPort<LinkStatus>> {
    const { east, west } = await this.ports(limits)
    return { east: east.link, west: west.link }
  }

  /** @throws TimeoutError naming the links that stayed down */
  async waitForLinks(limits: Limits): Promise<void> {
    const claim = "both links of testpmd's ports to be up"
    await waitFor({ ...limits, claim, interval: LINK_INTERVAL }, async (signal) => {
      const links = await this.links({ signal, timeout: limits.timeout })
      const down = PORT_NAMES.filter((port) => links[port] === 'down')
      return down.length === 0 ? { done: undefined } : { lastSeen: `${down.join(' and ')} down` }
    })
  }

  /**
   * Takes the counters' baseline. Ports are not reset: some drivers lose packets during a reset, and counters that
   * `clear` does not reset (`RX-error`) need a baseline anyway.
   */
  async clear(limits: Limits): Promise<void> {
    const rest = shareTimeout(limits)
    await this.#ask('clear fwd stats all', mustNotBeRefused, rest())
    this.#latest = undefined
    this.#baseline = {
      counters: await this.#forwardCounters(rest()),
      nic: await this.#portStatistics(rest()),
      extended: await this.#extendedStatistics(rest()),
    }
  }

  /** testpmd's raw counters: since its start, or since `clear`, except those that `clear` does not reset. */
  read(limits: Limits): Promise<TestpmdCounters> {
    return this.#forwardCounters(limits)
  }

  /** The counters since `clear`, by one command. @throws SuiteError `unparsable`, `counter-went-back` */
  async sample(limits: Limits): Promise<TestpmdCounters> {
    const { counters } = this.#clearedBaseline()
    return countersSince(counters, await this.#laterCounters(limits))
  }

  /**
   * All statistics of the packets since `clear`. Read it once no packet is in flight; testpmd's output at `stop` would
   * come from the same counters.
   * @throws SuiteError `unparsable`, `counter-went-back`
   */
  async finalStatistics(limits: Limits): Promise<TestpmdFinalStatistics> {
    const baseline = this.#clearedBaseline()
    const rest = shareTimeout(limits)
    const before = await this.#laterCounters(rest())
    const nic = portStatisticsSince(baseline.nic, await this.#portStatistics(rest()))
    let read = before
    let counters = countersSince(baseline.counters, read)
    if (!agree(counters, nic)) {
      // A foreign frame may have arrived between the two readings; by now it is in both counts.
      read = await this.#laterCounters(rest())
      counters = countersSince(baseline.counters, read)
    }
    const contradictions = contradictionsOf({
      first: countersSince(baseline.counters, before),
      counters,
      nic,
      read,
    })
    const extended = await this.#extendedStatistics(rest())
    return {
      counters,
      nic,
      contradictions,
      extended:
        extended === undefined || baseline.extended === undefined
          ? undefined
          : extendedSince(baseline.extended, extended),
    }
  }

  /** Stops forwarding and ends testpmd, so that the shell is free. Returns its last output. */
  quit(limits: Limits): Promise<string> {
    return this.#program.quit('quit', limits)
  }

  /**
   * testpmd shows its prompt even without ports, or with one of two. The drivers' messages during its start say why. It
   * is ended, so that the diagnosis can use the guest's shell.
   */
  async #firstPorts(shell: Shell, rest: () => Limits): Promise<PerPort<PortInfo>> {
    try {
      return await this.ports(rest())
    } catch (error) {
      if (!isSuiteError(error, 'unparsable')) throw error
      const has = devicesOf(await this.#program.send('show port info all', rest()))
      const { ports } = this.plan
      const missing = ports.filter((port) => has?.includes(port.toLowerCase()) === false)
      if (has === undefined || has.length >= ports.length || missing.length === 0) throw error
      await this.#program.quit('quit', rest())
      const failure = explainMissingPorts(this.#program.banner, has)
      throw new TestpmdStartError(shell.guest, failure, { what: `has no port ${missing.join(' and ')}` })
    }
  }

  #clearedBaseline(): Baseline {
    if (this.#baseline !== undefined) return this.#baseline
    throw new TypeError('testpmd has no baseline yet: clear comes before sample')
  }

  #forwardCounters(limits: Limits): Promise<TestpmdCounters> {
    return this.#ask(
      'show fwd stats all',
      (answer) => forwardCounters(parseForwardStatistics(answer, this.#onAbsurd)),
      limits,
    )
  }

  async #laterCounters(limits: Limits): Promise<TestpmdCounters> {
    const now = await this.#forwardCounters(limits)
    if (this.#latest !== undefined) mustNotGoBack(this.#latest, now)
    this.#latest = now
    return now
  }

  #portStatistics(limits: Limits): Promise<PerPort<PortStatistics>> {
    const parse = (answer: string) => bothPorts(parsePortStatistics(answer, this.#onAbsurd))
    return this.#ask('show port stats all', parse, limits)
  }

  /** Undefined if malformed: they explain results, but do not decide them. */
  async #extendedStatistics(limits: Limits): Promise<PerPort<ExtendedStatistics> | undefined> {
    try {
      return await this.#ask(
        'show port xstats all',
        (answer) => bothPorts(parseExtendedStatistics(answer, this.#onAbsurd)),
        limits,
      )
    } catch (error) {
      if (!isSuiteError(error, 'unparsable', 'statistics-refused')) throw error
      this.#logger.warn(`extended statistics are left out: ${describeError(error)}`)
      return undefined
    }
  }

  /** Reports each counter only once. */
  readonly #onAbsurd = ({ counter, printed }: AbsurdCounter): void => {
    if (this.#absurd.has(counter)) return
    this.#absurd.add(counter)
    this.#logger.warn(`${counter} is not valid and is left out: ${printed}`)
  }

  async #ask<T>(line: string, parse: (answer: string) => T, limits: Limits): Promise<T> {
    const rest = shareTimeout(limits)
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#program.send(line, rest())
      try {
        return parse(answer)
      } catch (error) {
        if (!isSuiteError(error, 'unparsable', 'statistics-refused')) throw error
        if (attempt === ATTEMPTS) throw withPortEvents(error, `${this.#program.asides ?? ''}\n${answer}`)
        this.#logger.debug(`asking again: ${describeError(error)}`)
        if (error.code === 'statistics-refused')
          await sleep(REFUSED_PAUSE, undefined, { signal: limits.signal })
      }
    }
  }
}

/** PCI addresses of its ports; undefined if it does not print them. */
function devicesOf(answer: string): readonly string[] | undefined {
  const named = consoleLines(answer).filter((line) => /^\*+ Infos for port \d/.test(line)).length
  const devices = consoleLines(answer).flatMap((line) => {
    const device = /^Device name: ([\da-f:.]+)$/i.exec(line)?.[1]
    return device === undefined ? [] : [device.toLowerCase()]
  })
  return devices.length === named ? devices : undefined
}

/** testpmd numbers ports by PCI address; with other numbers, every count would be of the wrong port. */
function checkPorts(plan: TestpmdPlan, ports: PerPort<PortInfo>): void {
  for (const [index, name] of PORT_NAMES.entries()) {
    const { device } = ports[name]
    if (device === undefined || device.toLowerCase() === plan.ports[index]?.toLowerCase()) continue
    throw new SuiteError(
      'testpmd-ports',
      `testpmd's port ${index} is ${device} instead of the ${name} port ${plan.ports[index] ?? ''}`,
    )
  }
}
