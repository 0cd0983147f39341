/**
 * A few packets at a low rate before the timed run. What a path loses then it loses at any rate: wiring, VLAN, spoof check,
 * a wrong MAC address. Capacity is judged by the timed run alone.
 */
import type { ProbeCounts } from '../model/ledger.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { InterruptedError, SuiteError, type SuiteErrorCode, summarizeError } from '../common/errors.ts'
import { ledgerOf } from '../dataplane/ledger.ts'
import { countersSince } from '../dataplane/testpmd/counters.ts'
import { deadHop, hasSettled, type LedgerSample } from '../model/ledger.ts'
import type { Linked } from './link.ts'
import type { Run } from '../run/run.ts'
import { StageFailure } from '../run/stage.ts'
import { timeouts } from '../model/timeouts.ts'

export interface Probed extends Linked {
  /** Undefined where the probe itself went wrong; a warning says how. */
  readonly probe: ProbeCounts | undefined
}

const REQUEST = { packetsPerSecond: 200, duration: 1000 }
/** A path that carries nothing is tried again: a switch may just have learnt where its ports are. */
const ATTEMPTS = 2
/** Between two looks, once the packets are sent. */
const POLL_MS = 150
/** What ends the probe and not the run: the timed run meets it again, or it was the probe's own. */
const PROBES_OWN: ReadonlySet<SuiteErrorCode> = new Set<SuiteErrorCode>([
  'unparsable',
  'counter-went-back',
  'generator-did-not-start',
  'timeout',
])

/** @throws StageFailure where links are down: then nothing is sent */
export async function probe(run: Run, linked: Linked): Promise<Probed> {
  const down = Object.entries(linked.links).flatMap(([guest, ports]) =>
    Object.entries(ports).flatMap(([port, status]) => (status === 'up' ? [] : [`${guest} ${port}`])),
  )
  if (down.length > 0)
    throw new StageFailure('not-judged', `no packet was sent: links are down (${down.join(', ')})`)
  return run.journal.phase('probe the path', 'traffic', async () => {
    try {
      let counts = await sendProbe(run, linked)
      for (let attempt = 1; attempt < ATTEMPTS && hopThatLosesAll(counts) !== undefined; attempt += 1) {
        counts = await sendProbe(run, linked)
      }
      return { ...linked, probe: counts }
    } catch (error) {
      const isProbes = error instanceof SuiteError && PROBES_OWN.has(error.code)
      if (error instanceof InterruptedError || !isProbes) throw error
      run.journal.warn(`the path was not probed: ${summarizeError(error)}`)
      return { ...linked, probe: undefined }
    }
  })
}

/** Behind which hop nothing of the probe arrived; undefined where something did, everywhere, or nothing was sent. */
export function hopThatLosesAll({ eastToWest }: ProbeCounts): ReturnType<typeof deadHop> {
  return deadHop(eastToWest)
}

/** @throws StageFailure where a run at full rate would only take longer to lose everything */
export function mustCarryPackets({ probe: counts }: Probed): void {
  if (counts === undefined || hopThatLosesAll(counts) === undefined) return
  throw new StageFailure(
    'not-judged',
    'the timed run was not made: the path carries nothing, see traffic.probe',
  )
}

/**
 * Ends when nothing of the probe is in flight any more and the slowest counters show it: what came later would be counted
 * as the timed run's.
 */
async function sendProbe(run: Run, { testpmd, generator }: Linked): Promise<ProbeCounts> {
  const limits = run.limits(timeouts.command)
  const [before] = await Promise.all([testpmd.read(limits), generator.clear(limits)])
  await generator.start(REQUEST, run.limits(timeouts.generatorStart))
  const started = performance.now()
  const afterSending: LedgerSample[] = []
  await sleep(REQUEST.duration, undefined, { signal: run.signal })
  for (let endedAt: number | undefined; ;) {
    const look = run.limits(timeouts.sample)
    const [now, { counters, isSending }] = await Promise.all([testpmd.read(look), generator.sample(look)])
    const at = performance.now() - started
    const isOverdue = at > REQUEST.duration + timeouts.trafficOverrun
    if (isSending && isOverdue && endedAt === undefined) await generator.stop(run.limits(timeouts.command))
    if (!isSending || isOverdue) {
      endedAt ??= at
      const ledger = ledgerOf(counters, countersSince(before, now))
      afterSending.push({ at, ...ledger })
      if (hasSettled(afterSending) || at - endedAt > timeouts.settle) {
        const { eastToWest, westToEast } = ledger
        return { eastToWest, westToEast }
      }
    }
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}
