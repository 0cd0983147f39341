/** Measures the headroom of the VM under test's lcores: the share of polls that found no packet while packets flowed. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../../common/wait.ts'
import { PORT_NAMES } from '../../model/ports.ts'
import type { TestpmdCounters } from './counters.ts'
import { lcoreOf } from './forwarding-lcores.ts'
import type { LcoreUsage } from './parsers/lcore-usage.ts'
import { type PollReading, PollWindow } from './poll-window.ts'
import type { TestpmdSession } from './session.ts'
import type { Headroom } from '../../model/traffic.ts'

/** Milliseconds between two polls for the first packet. */
const POLL_MS = 50

/** A reading of testpmd's counters. */
interface Reading {
  readonly counters: TestpmdCounters
  /** When testpmd answered, by the meter's clock. */
  readonly at: number
}

/**
 * Counts polls from the first packets on, until the generator stops or the counters are half full; for the rest of a
 * long run testpmd does not count them.
 */
export class HeadroomMeter {
  readonly #testpmd: TestpmdSession
  readonly #window = new PollWindow()
  #first: Reading | undefined
  #firstUsage: ReadonlyMap<number, LcoreUsage> = new Map()
  #isCounting = false
  #isRefused = false
  readonly #now: () => number

  /** @param now milliseconds of a monotonic clock */
  constructor(testpmd: TestpmdSession, now: () => number = () => performance.now()) {
    this.#testpmd = testpmd
    this.#now = now
  }

  /**
   * Call it once the generator sends: polls before the first packet would count as headroom.
   * @param patience milliseconds to wait for a packet; without one there is nothing to measure, but polls are counted
   * anyway
   */
  async begin(patience: number, limits: () => Limits): Promise<void> {
    const until = this.#now() + patience
    for (;;) {
      this.#first = { counters: await this.#testpmd.sample(limits()), at: this.#now() }
      const { east } = this.#first.counters
      if (east.rxPackets + east.rxMissed > 0 || this.#now() >= until) break
      await sleep(POLL_MS, undefined, { signal: limits().signal })
    }
    this.#firstUsage = await this.#testpmd.lcoreUsage(limits())
    this.#isCounting = await this.#testpmd.recordPolls(true, limits())
    this.#isRefused = !this.#isCounting
  }

  /** @param isSending whether the generator was still sending in the sample taken at the same time */
  async addReading({ counters, at }: Reading, isSending: boolean, limits: () => Limits): Promise<void> {
    const isInWindow = isSending && !this.#window.hasEnough && this.#firstUsage.size > 0
    const usage = isInWindow ? await this.#testpmd.lcoreUsage(limits()) : new Map<number, LcoreUsage>()
    this.#window.add(counters, at, isSending, usage)
    if (!this.#isCounting || (isSending && !this.#window.hasEnough)) return
    this.#isCounting = false
    await this.#testpmd.recordPolls(false, limits())
  }

  /**
   * The measurement, by queue of the VM under test.
   * @param workers the CPUs of testpmd's forwarding lcores, in their order
   * @param final testpmd's counters, read last
   */
  result(workers: readonly number[], { cycles }: TestpmdCounters): Headroom {
    const { reading } = this.#window
    const costs =
      cycles === undefined ? {} : { cyclesPerPacket: cycles.cyclesPerPacket, clockMHz: cycles.clockMHz }
    const first = this.#first
    if (reading === undefined || first === undefined) return { unknown: this.#why(), queues: [], ...costs }
    const plan = { queues: this.#testpmd.plan.queues, cores: workers.length }
    const queues = reading.queues.flatMap(({ polls, emptyPercent, ...queue }) => {
      const [port, cpu] = [PORT_NAMES[queue.rxPort], workers[lcoreOf(queue, plan)]]
      if (port === undefined || cpu === undefined) return []
      return [{ port, queue: queue.rxQueue, cpu, polls, emptyPercent }]
    })
    const cpus = new Set(queues.map(({ cpu }) => cpu))
    const lcores = busyLcores(this.#firstUsage, reading.lcores, workers).filter(({ cpu }) => cpus.has(cpu))
    const busy =
      lcores.length === 0
        ? busyPercent(first, reading, cpus.size, cycles?.clockMHz)
        : Math.round(lcores.reduce((sum, each) => sum + each.busyPercent, 0) / lcores.length)
    return {
      measuredFor: Math.round(reading.at - first.at),
      queues,
      ...(lcores.length === 0 ? {} : { lcores }),
      ...(busy === undefined ? {} : { busyPercent: busy }),
      ...costs,
    }
  }

  #why(): string {
    return this.#isRefused
      ? 'this testpmd does not count polls (set record-burst-stats)'
      : 'testpmd counted no polls while packets flowed, or they flowed for too short a time'
  }
}

/** Lcores that received packets and whose cycles are known at the start and the end. Lcore 0 runs the command line. */
function busyLcores(
  first: ReadonlyMap<number, LcoreUsage>,
  last: ReadonlyMap<number, LcoreUsage> = new Map(),
  workers: readonly number[],
): NonNullable<Headroom['lcores']> {
  return workers.flatMap((cpu, index) => {
    const [before, now] = [first.get(index + 1), last.get(index + 1)]
    if (before === undefined || now === undefined || now.total <= before.total) return []
    const percent = ((now.busy - before.busy) * 100) / (now.total - before.total)
    return percent < 0 ? [] : [{ cpu, busyPercent: Math.min(100, Math.round(percent)) }]
  })
}

/** The mean of the cores that had packets. Before the first packet testpmd prints no cycles. */
function busyPercent(
  first: Reading,
  last: PollReading,
  cores: number,
  clockMHz: number | undefined,
): number | undefined {
  if (last.busyCycles === undefined || clockMHz === undefined || clockMHz === 0 || cores === 0)
    return undefined
  const cycles = last.busyCycles - (first.counters.cycles?.busyCycles ?? 0)
  const milliseconds = cycles / (clockMHz * 1000)
  const percent = (milliseconds * 100) / (cores * (last.at - first.at))
  return Math.min(100, Math.max(0, Math.round(percent)))
}
