/**
 * The probe: a few packets at a low rate before the timed traffic. A path that loses these loses packets at any rate:
 * wiring, VLAN, spoof check, a wrong MAC address. Only the timed traffic judges capacity.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { InterruptedError, SuiteError, type SuiteErrorCode, summarizeError } from '../common/errors.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import type { LatencyReading } from '../dataplane/traffic-generator.ts'
import { countersSince } from '../dataplane/testpmd/counters.ts'
import {
  deadHop,
  type Direction,
  hasSettled,
  type LedgerSample,
  type OneWayCounts,
  type ProbeCounts,
  probedDirections,
} from '../model/ledger.ts'
import type { PortName } from '../model/ports.ts'
import type { Linked } from './link.ts'
import type { Run } from '../run/run.ts'
import { StageFailure } from '../run/stage.ts'
import { timeouts } from '../model/timeouts.ts'

export interface Probed extends Linked {
  /** Undefined if the probe itself failed; a warning says why. */
  readonly probe: ProbeCounts | undefined
  /** Each packet of the probe, by direction, if latencies are requested and the generator reports single packets. */
  readonly captured?: readonly LatencyReading[]
}

const REQUEST = { packetsPerSecond: 200, duration: 1000 }
/** If no packet arrives, the probe is repeated: a switch may not have learned the MAC addresses yet. */
const ATTEMPTS = 2
/** Milliseconds between two samples after the packets were sent. */
const POLL_MS = 150
/**
 * Errors that end the probe but not the run: the timed traffic will meet them again, or they concern only the probe.
 */
const PROBES_OWN: ReadonlySet<SuiteErrorCode> = new Set<SuiteErrorCode>([
  'unparsable',
  'counter-went-back',
  'generator-did-not-start',
  'timeout',
])

/** @throws StageFailure if links are down; then nothing is sent */
export async function probe(run: Run, linked: Linked): Promise<Probed> {
  const down = Object.entries(linked.links).flatMap(([guest, ports]) =>
    Object.entries(ports).flatMap(([port, status]) => (status === 'up' ? [] : [`${guest} ${port}`])),
  )
  if (down.length > 0)
    throw new StageFailure('not-judged', `no packet was sent: links are down (${down.join(', ')})`)
  return run.journal.phase('probe the path', 'traffic', async () => {
    try {
      const east = await probeFrom(run, linked, 'east')
      if (linked.parameters.directions === 1) {
        run.journal.probe(east.counts)
        return { ...linked, probe: east.counts, captured: east.captured }
      }
      const west = await probeFrom(run, linked, 'west')
      const counts = { ...east.counts, fromWest: west.counts }
      run.journal.probe(counts)
      return { ...linked, probe: counts, captured: [...east.captured, ...west.captured] }
    } catch (error) {
      const isProbes = error instanceof SuiteError && PROBES_OWN.has(error.code)
      if (error instanceof InterruptedError || !isProbes) throw error
      run.journal.warn(`the path was not probed: ${summarizeError(error)}`)
      return { ...linked, probe: undefined, captured: [] }
    }
  })
}

/** The first direction, and the hop on which every packet of its probe was lost; undefined if there is none. */
export function hopThatLosesAll(
  probe: ProbeCounts,
): { readonly direction: Direction; readonly hop: NonNullable<ReturnType<typeof deadHop>> } | undefined {
  return probedDirections(probe).flatMap((direction) => {
    const hop = deadHop(direction.counts)
    return hop === undefined ? [] : [{ direction, hop }]
  })[0]
}

interface OneProbe {
  readonly counts: OneWayCounts
  readonly captured: readonly LatencyReading[]
}

async function probeFrom(run: Run, linked: Linked, port: PortName): Promise<OneProbe> {
  for (let attempt = 1; ; attempt += 1) {
    const probed = await sendProbe(run, linked, port)
    const sent = port === 'east' ? probed.counts.eastToWest : probed.counts.westToEast
    if (deadHop(sent) === undefined || attempt >= ATTEMPTS) return probed
  }
}

/** @throws StageFailure if the path carries no packets: timed traffic would lose all packets, and take longer */
export function mustCarryPackets({ probe: counts }: Probed): void {
  if (counts === undefined || hopThatLosesAll(counts) === undefined) return
  throw new StageFailure(
    'not-judged',
    'there was no timed traffic: the path carries no packets, see traffic.probe',
  )
}

/**
 * Waits until no packet of the probe is in flight and the slowest counters are up to date: packets that are counted
 * later would be counted as timed traffic.
 */
async function sendProbe(run: Run, linked: Linked, port: PortName): Promise<OneProbe> {
  const { testpmd, generator, parameters } = linked
  const latency = parameters.latency && generator.measuresEach === true
  const limits = run.limits(timeouts.command)
  const [before] = await Promise.all([testpmd.read(limits), generator.clear(limits)])
  await generator.start({ ...REQUEST, from: [port], latency }, run.limits(timeouts.generatorStart))
  const started = performance.now()
  const afterSending: LedgerSample[] = []
  await sleep(REQUEST.duration, undefined, { signal: run.signal })
  for (let endedAt: number | undefined; ;) {
    const sampleLimits = run.limits(timeouts.sample)
    const [now, { counters, isSending }] = await Promise.all([
      testpmd.read(sampleLimits),
      generator.sample(sampleLimits),
    ])
    const at = performance.now() - started
    const isOverdue = at > REQUEST.duration + timeouts.trafficOverrun
    if (isSending && isOverdue && endedAt === undefined) await generator.stop(run.limits(timeouts.command))
    if (!isSending || isOverdue) {
      endedAt ??= at
      const ledger = ledgerOf(counters, countersSince(before, now))
      afterSending.push({ at, ...ledger })
      if (hasSettled(afterSending) || at - endedAt > timeouts.settle) {
        const { eastToWest, westToEast } = ledger
        const captured = latency ? ((await generator.latency?.(run.limits(timeouts.command))) ?? []) : []
        return { counts: { eastToWest, westToEast }, captured }
      }
    }
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}
