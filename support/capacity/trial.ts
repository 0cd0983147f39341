/** One trial: packets at a load for a while, and the ledger of them. Both programs run already, and go on running. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../common/wait.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import { countersSince, type TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import { HeadroomMeter } from '../dataplane/testpmd/headroom.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { TrafficGenerator } from '../dataplane/traffic-generator.ts'
import {
  hasSettled,
  isAccountedFor,
  type Ledger,
  type LedgerSample,
  SLOWEST_COUNTERS,
} from '../model/ledger.ts'
import type { Headroom } from '../model/report.ts'
import { achievedRate, RATE_TO_REACH, sentTooLittle } from '../model/shortfall.ts'
import { timeouts } from '../model/timeouts.ts'
import type { TrialFigures } from './measurement.ts'
import type { TrialRequest } from './search.ts'

/** The two ends of the path. */
export interface Ends {
  readonly testpmd: TestpmdSession
  readonly generator: TrafficGenerator
  readonly limits: (timeout: number) => Limits
}

export interface Trial extends TrialFigures {
  readonly ledger: Ledger
  /** Milliseconds. */
  readonly sentFor: number
  /** From its begin to its end, all included. */
  readonly took: number
  /** It was ended early, for so much was lost already that it could only be bad. */
  readonly wasCut: boolean
  /** What the generator says of itself where it fell short. */
  readonly shortfall: readonly string[]
}

/** Between two looks once the packets should have been sent. */
const POLL_MS = 30
const LONGEST_POLL_MS = 300
/** Between two looks while they are. */
const LOOK_MS = 1000
/** Beyond the time in which a generator that reaches the rate has sent everything. */
const GRACE_MS = 400

/** @param options `certainLoss`: a trial that lost more than this part of its packets is ended, for nothing better can come of it */
export async function runTrial(
  { testpmd, generator, limits }: Ends,
  request: TrialRequest,
  { certainLoss = Infinity, onSample }: { readonly certainLoss?: number; readonly onSample?: OnSample } = {},
): Promise<Trial> {
  const began = performance.now()
  const [before] = await Promise.all([
    testpmd.read(limits(timeouts.command)),
    generator.clear(limits(timeouts.command)),
  ])
  const readVm = async (each: Limits) => countersSince(before, await testpmd.read(each))
  return send({ generator, limits }, request, {
    readVm,
    certainLoss,
    began,
    ...(onSample === undefined ? {} : { onSample }),
  })
}

export interface ExplainedTrial extends Trial {
  readonly headroom: Headroom
}

/** The same with a look at what the lcores had to spare; it costs some commands more. */
export async function runExplainedTrial(
  { testpmd, generator, limits }: Ends,
  request: TrialRequest,
  workers: readonly number[],
): Promise<ExplainedTrial> {
  const began = performance.now()
  const each = limits(timeouts.command)
  await Promise.all([testpmd.clear(each), generator.clear(each)])
  const headroom = new HeadroomMeter(testpmd)
  const readVm = (now: Limits) => testpmd.sample(now)
  const trial = await send({ generator, limits }, request, { readVm, certainLoss: Infinity, began, headroom })
  return { ...trial, headroom: headroom.result(workers, await testpmd.sample(each)) }
}

interface Sending {
  readonly readVm: (limits: Limits) => Promise<TestpmdCounters>
  readonly certainLoss: number
  readonly began: number
  readonly headroom?: HeadroomMeter
  readonly onSample?: OnSample
}

/** Told of each look, while packets are sent and after. */
export type OnSample = (sample: LedgerSample) => void

async function send(
  { generator, limits }: Pick<Ends, 'generator' | 'limits'>,
  { load, duration }: TrialRequest,
  { readVm, certainLoss, began, headroom, onSample }: Sending,
): Promise<Trial> {
  const asked = { packetsPerSecond: load, duration }
  await generator.start(asked, limits(timeouts.generatorStart))
  const started = performance.now()
  const sampleLimits = () => limits(timeouts.sample)
  await headroom?.begin(LOOK_MS, sampleLimits)
  const sending: LedgerSample[] = []
  const after: LedgerSample[] = []
  let wasCut = false
  let ledger: Ledger
  for (;;) {
    await sleep(pauseBefore(duration - (performance.now() - started), after.length), undefined, {
      signal: limits(timeouts.sample).signal,
    })
    const each = sampleLimits()
    const [vm, { counters, isSending }] = await Promise.all([
      readVm(each).then((read) => ({ counters: read, at: performance.now() })),
      generator.sample(each),
    ])
    ledger = ledgerOf(counters, vm.counters)
    const last: LedgerSample = { at: performance.now() - started, ...ledger }
    onSample?.(last)
    await headroom?.note(vm, isSending, sampleLimits)
    if (isSending && after.length === 0) {
      sending.push(last)
      wasCut = lostForCertain(sending) > (certainLoss * load * duration) / 1000
      const isOverdue = last.at > duration / RATE_TO_REACH + GRACE_MS
      if (!wasCut && !isOverdue) continue
      await generator.stop(limits(timeouts.command))
    }
    after.push(last)
    if (!isSending && (isAccountedFor(last) || hasSettled(after))) break
    if (last.at - (after[0]?.at ?? 0) > timeouts.settle) break
  }
  const { sentFor, shortfall } = await generator.stop(limits(timeouts.command))
  const { generatorTx: sent, generatorRx: returned } = ledger.eastToWest
  return {
    ledger,
    sent,
    returned,
    sentFor,
    achieved: achievedRate({ sent, sentFor }),
    // A trial that was ended early sent too few packets, and that is not the generator's fault.
    fellShort: !wasCut && sentTooLittle(asked, { sent, sentFor }),
    took: performance.now() - began,
    wasCut,
    shortfall,
  }
}

/** What is not back at once may take as long as slow counters do: each look after the end comes a little later. */
function pauseBefore(untilEnd: number, looksAfter: number): number {
  if (untilEnd > LOOK_MS) return LOOK_MS
  return Math.max(untilEnd, Math.min(LONGEST_POLL_MS, POLL_MS * (1 + looksAfter)))
}

/**
 * Packets that had been sent so long ago that they would have been counted as back by now.
 * @param samples by time; what is older than that is dropped
 */
function lostForCertain(samples: LedgerSample[]): number {
  const now = samples.at(-1)
  const old = samples.findLastIndex(({ at }) => at <= (now?.at ?? 0) - SLOWEST_COUNTERS)
  const earlier = samples[old]
  if (now === undefined || earlier === undefined) return 0
  samples.splice(0, old)
  return earlier.eastToWest.generatorTx - now.eastToWest.generatorRx
}
