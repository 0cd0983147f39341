/**
 * One trial: traffic at a load for a while, and its ledger. testpmd and the generator run already, and keep running.
 */
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
  testedDirections,
} from '../model/ledger.ts'
import type { Headroom } from '../model/traffic.ts'
import { achievedRate, RATE_TO_REACH, sentTooLittle } from '../model/shortfall.ts'
import { timeouts } from '../model/timeouts.ts'
import type { TrialFigures } from './measurement.ts'
import type { TrialRequest } from './search.ts'

/** The two ends of the path. */
export interface Ends {
  readonly testpmd: TestpmdSession
  readonly generator: TrafficGenerator
  /** 2 to send in both directions; default: only from east to west. */
  readonly directions?: 2 | undefined
  /** Whether the generator measures latencies meanwhile. */
  readonly latency?: boolean
  readonly limits: (timeout: number) => Limits
}

export interface Trial extends TrialFigures {
  readonly ledger: Ledger
  readonly directions?: 2 | undefined
  /** Duration of the traffic, in milliseconds. */
  readonly sentFor: number
  /** Total duration of the trial, in milliseconds. */
  readonly took: number
  /** Ended early, because its loss was already certain to be too high. */
  readonly wasCut: boolean
  /** The generator's own reasons if it fell short. */
  readonly shortfall: readonly string[]
}

/** Shortest pause between two samples after the traffic, in milliseconds. */
const POLL_MS = 30
const LONGEST_POLL_MS = 300
/** Pause between two samples during the traffic, in milliseconds. */
const SAMPLE_MS = 1000
/** Extra milliseconds after the time in which a generator that reaches the rate has sent everything. */
const GRACE_MS = 400

/**
 * @param options `certainLoss`: highest loss ratio; a trial that certainly exceeds it is ended early, because it can
 * only be bad
 */
export async function runTrial(
  { testpmd, generator, directions, latency, limits }: Ends,
  request: TrialRequest,
  { certainLoss = Infinity, onSample }: { readonly certainLoss?: number; readonly onSample?: OnSample } = {},
): Promise<Trial> {
  const began = performance.now()
  const [before] = await Promise.all([
    testpmd.read(limits(timeouts.command)),
    generator.clear(limits(timeouts.command)),
  ])
  const readVm = async (each: Limits) => countersSince(before, await testpmd.read(each))
  return send({ generator, directions, ...(latency === undefined ? {} : { latency }), limits }, request, {
    readVm,
    certainLoss,
    began,
    ...(onSample === undefined ? {} : { onSample }),
  })
}

export interface ExplainedTrial extends Trial {
  readonly headroom: Headroom
}

/** Like `runTrial`, but also measures the lcores' headroom, which takes a few more commands. */
export async function runExplainedTrial(
  { testpmd, generator, directions, limits }: Ends,
  request: TrialRequest,
  workers: readonly number[],
): Promise<ExplainedTrial> {
  const began = performance.now()
  const each = limits(timeouts.command)
  await Promise.all([testpmd.clear(each), generator.clear(each)])
  const headroom = new HeadroomMeter(testpmd)
  const readVm = (now: Limits) => testpmd.sample(now)
  const trial = await send({ generator, directions, limits }, request, {
    readVm,
    certainLoss: Infinity,
    began,
    headroom,
  })
  return { ...trial, headroom: headroom.result(workers, await testpmd.sample(each)) }
}

interface Sending {
  readonly readVm: (limits: Limits) => Promise<TestpmdCounters>
  readonly certainLoss: number
  readonly began: number
  readonly headroom?: HeadroomMeter
  readonly onSample?: OnSample
}

/** Called with each sample, during the traffic and after it. */
export type OnSample = (sample: LedgerSample) => void

async function send(
  { generator, directions, latency, limits }: Omit<Ends, 'testpmd'>,
  { load, duration }: TrialRequest,
  { readVm, certainLoss, began, headroom, onSample }: Sending,
): Promise<Trial> {
  const ports = directions === 2 ? (['east', 'west'] as const) : (['east'] as const)
  const asked = {
    packetsPerSecond: load,
    duration,
    from: ports,
    ...(latency === undefined ? {} : { latency }),
  }
  await generator.start(asked, limits(timeouts.generatorStart))
  const started = performance.now()
  const sampleLimits = () => limits(timeouts.sample)
  await headroom?.begin(SAMPLE_MS, sampleLimits)
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
    await headroom?.addReading(vm, isSending, sampleLimits)
    if (isSending && after.length === 0) {
      sending.push(last)
      wasCut = lostForCertain(sending, directions) > (certainLoss * load * duration) / 1000
      const isOverdue = last.at > duration / RATE_TO_REACH + GRACE_MS
      if (!wasCut && !isOverdue) continue
      await generator.stop(limits(timeouts.command))
    }
    after.push(last)
    if (!isSending && (isAccountedFor({ ledger: last, directions }) || hasSettled(after))) break
    if (last.at - (after[0]?.at ?? 0) > timeouts.settle) break
  }
  const { sentFor, shortfall } = await generator.stop(limits(timeouts.command), { isCounted: true })
  const paths = testedDirections({ ledger, directions }).map(({ counts }) => ({
    sent: counts.generatorTx,
    returned: counts.generatorRx,
  }))
  const sent = Math.min(...paths.map((path) => path.sent))
  return {
    ledger,
    ...(directions === undefined ? {} : { directions }),
    paths,
    sentFor,
    achieved: achievedRate({ sent, sentFor }),
    // A trial that was ended early sent too few packets, which is not the generator's fault.
    fellShort: !wasCut && sentTooLittle(asked, { sent, sentFor }),
    took: performance.now() - began,
    wasCut,
    shortfall,
  }
}

/** Slow counters delay the last packets' counts, so each pause after the traffic is a little longer. */
function pauseBefore(untilEnd: number, samplesAfter: number): number {
  if (untilEnd > SAMPLE_MS) return SAMPLE_MS
  return Math.max(untilEnd, Math.min(LONGEST_POLL_MS, POLL_MS * (1 + samplesAfter)))
}

/**
 * Packets lost for certain: sent so long ago that they would be counted as returned by now. In the worse direction, if
 * there are two.
 * @param samples in order of time; removes those that are no longer needed
 */
function lostForCertain(samples: LedgerSample[], directions: 2 | undefined): number {
  const now = samples.at(-1)
  const old = samples.findLastIndex(({ at }) => at <= (now?.at ?? 0) - SLOWEST_COUNTERS)
  const earlier = samples[old]
  if (now === undefined || earlier === undefined) return 0
  samples.splice(0, old)
  const sent = testedDirections({ ledger: earlier, directions })
  const returned = testedDirections({ ledger: now, directions })
  return Math.max(
    ...sent.map(({ counts }, index) => counts.generatorTx - (returned[index]?.counts.generatorRx ?? 0)),
  )
}
