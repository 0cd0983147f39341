/** What the polling lcores of the VM under test had to spare: how many of their polls found nothing, while packets flowed. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../common/wait.ts'
import { PORT_NAMES } from '../dataplane/ports.ts'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import { lcoreOf } from '../dataplane/testpmd/forwarding-lcores.ts'
import { PollWindow } from '../dataplane/testpmd/poll-window.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { Headroom } from '../report/model.ts'

/** Milliseconds between two looks for the first packet. */
const POLL_MS = 50

/**
 * Counts polls from the first packets on, until the generator stops or the counters are half full: for the rest of a long
 * run testpmd counts nothing more than it has to.
 */
export class HeadroomMeter {
  readonly #testpmd: TestpmdSession
  readonly #window = new PollWindow()
  /** Undefined where testpmd does not count polls. */
  #startedAt: number | undefined
  #isCounting = false

  constructor(testpmd: TestpmdSession) {
    this.#testpmd = testpmd
  }

  /**
   * To be called once the generator sends: polls before the first packet would count as spare ones.
   * @param patience milliseconds to wait for a packet; without one there is nothing to measure, and polls are counted all the same
   */
  async begin(patience: number, limits: () => Limits): Promise<void> {
    const until = performance.now() + patience
    while (performance.now() < until) {
      const { east } = await this.#testpmd.sample(limits())
      if (east.rxPackets + east.rxMissed > 0) break
      await sleep(POLL_MS, undefined, { signal: limits().signal })
    }
    this.#isCounting = await this.#testpmd.recordPolls(true, limits())
    if (this.#isCounting) this.#startedAt = performance.now()
  }

  /** @param isSending whether the generator still sent packets when it was asked at the same time */
  async note(counters: TestpmdCounters, isSending: boolean, limits: () => Limits): Promise<void> {
    if (this.#startedAt === undefined) return
    this.#window.note(counters, performance.now() - this.#startedAt, isSending)
    if (!this.#isCounting || (isSending && !this.#window.hasEnough)) return
    this.#isCounting = false
    await this.#testpmd.recordPolls(false, limits())
  }

  /**
   * What was measured, by queue of the VM under test.
   * @param workers the CPUs of testpmd's forwarding lcores, in their order
   * @param final testpmd's counters, read last
   */
  result(workers: readonly number[], { cycles }: TestpmdCounters): Headroom {
    const { reading } = this.#window
    const plan = { queues: this.#testpmd.plan.queues, cores: workers.length }
    return {
      ...(reading === undefined ? { unknown: this.#why() } : { measuredFor: Math.round(reading.after) }),
      queues: (reading?.queues ?? []).flatMap(({ polls, emptyPercent, ...queue }) => {
        const [port, cpu] = [PORT_NAMES[queue.rxPort], workers[lcoreOf(queue, plan)]]
        if (port === undefined || cpu === undefined) return []
        return [{ port, queue: queue.rxQueue, cpu, polls, emptyPercent }]
      }),
      ...cycles,
    }
  }

  #why(): string {
    return this.#startedAt === undefined
      ? 'this testpmd does not count polls (set record-burst-stats)'
      : 'testpmd told of no polls while packets flowed, or they flowed too shortly'
  }
}
