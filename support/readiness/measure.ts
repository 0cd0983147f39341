/** The timed traffic: every counter is sampled each second, and once more at the end, when no packet is in flight. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ledgerOf } from '../dataplane/ledger.ts'
import type { PerPort } from '../model/ports.ts'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { ExtendedStatistics } from '../dataplane/testpmd/parsers/port-statistics.ts'
import type { TestpmdFinalStatistics } from '../dataplane/testpmd/session.ts'
import { hasSettled, type LedgerSample } from '../model/ledger.ts'
import type { LabFacts } from '../model/machines.ts'
import type { Traffic } from '../model/traffic.ts'
import { HeadroomMeter } from '../dataplane/testpmd/headroom.ts'
import { describeStarvation, labFacts, readGuestCpus } from './lab-cpu-share.ts'
import { recordLateCounts } from './late-counts.ts'
import type { Linked } from './link.ts'
import { mustCarryPackets, type Probed } from './probe.ts'
import { queuesOf } from '../dataplane/testpmd/queue-spread.ts'
import type { Run } from '../run/run.ts'
import { reportedDirections, sendingPorts } from './parameters.ts'
import { timeouts } from '../model/timeouts.ts'
import { TrafficRecord } from './traffic-record.ts'
import { trafficWarnings } from './traffic-warnings.ts'

/** Milliseconds between two samples of the counters while packets flow. */
const SAMPLE_INTERVAL = 1000

export interface Measured extends Probed {
  readonly traffic: Traffic
}

interface Reading {
  readonly sample: LedgerSample
  readonly vm: { readonly counters: TestpmdCounters; readonly at: number }
  readonly isSending: boolean
}

export async function measure(run: Run, probed: Probed): Promise<Measured> {
  mustCarryPackets(probed)
  const linked: Linked = probed
  const { testpmd, generator, parameters } = linked
  await run.journal.phase('clear the counters', 'suite', () =>
    Promise.all([testpmd.clear(run.limits(timeouts.command)), generator.clear(run.limits(timeouts.command))]),
  )
  const request = {
    packetsPerSecond: parameters.trafficGenPacketsPerSecond,
    duration: parameters.testDuration,
    ...sendingPorts(parameters),
  }
  const directions = reportedDirections(parameters)
  const record = new TrafficRecord(run.journal, { engine: generator.engine, request, parameters })
  const headroom = new HeadroomMeter(testpmd)
  const cpusBefore = await readGuestCpus(run, linked)
  await run.journal.phase('send packets', 'traffic', async () => {
    await generator.start(request, run.limits(timeouts.generatorStart))
    await sampleUntilSettled(run, linked, headroom, ({ sample, isSending }) => {
      record.add(sample, isSending)
    })
  })
  const lastRead = performance.now()
  const lab = labFacts(cpusBefore, await readGuestCpus(run, linked))
  const { end, final } = await run.journal.phase('collect the results', 'suite', async () => {
    // testpmd keeps running: its guest is about to be removed.
    const limits = run.limits(timeouts.command)
    const [end, final] = await Promise.all([generator.stop(limits), testpmd.finalStatistics(limits)])
    return { end, final }
  })
  const late = recordLateCounts(
    record.samples,
    end.counters,
    final.counters,
    performance.now() - lastRead,
    directions.directions,
  )
  if (late !== undefined) run.journal.warn(late)
  const { workers } = linked.testbed.cpus
  const queues = queuesOf(final.counters, testpmd.plan.queues, workers, linked.ports.east)
  const traffic = record.record(end.sentFor, end.shortfall, {
    ...endOf(final, directions),
    headroom: headroom.result(workers, final.counters),
    queues,
  })
  for (const warning of trafficWarnings(traffic, queues, final)) run.journal.warn(warning)
  if (lab !== undefined) recordLab(run, lab, traffic)
  return { ...probed, traffic }
}

function recordLab(run: Run, lab: LabFacts, traffic: Traffic): void {
  run.journal.lab(lab)
  const starvation = describeStarvation(lab, traffic)
  if (starvation !== undefined) run.journal.warn(starvation)
}

/** Samples once a second until the generator has stopped and no packet is in flight. */
async function sampleUntilSettled(
  run: Run,
  linked: Linked,
  headroom: HeadroomMeter,
  onSample: (reading: Reading) => void,
): Promise<void> {
  const { parameters } = linked
  const started = performance.now()
  const afterSending: LedgerSample[] = []
  let stoppedAt: number | undefined
  const limits = () => run.limits(timeouts.sample)
  await headroom.begin(SAMPLE_INTERVAL, limits)
  for (let next = SAMPLE_INTERVAL; ; next += SAMPLE_INTERVAL) {
    // Samples are due at whole seconds. After one that took longer, the missed ones are skipped, not made up for.
    const now = performance.now() - started
    const missed = Math.max(0, Math.floor((now - next) / SAMPLE_INTERVAL))
    next += missed * SAMPLE_INTERVAL
    await sleep(Math.max(0, next - now), undefined, { signal: run.signal })

    const reading = await readAll(run, linked, started)
    onSample(reading)
    await headroom.addReading(reading.vm, reading.isSending, limits)
    const goal = {
      requestedPacketsPerSecond: parameters.trafficGenPacketsPerSecond,
      ...reportedDirections(parameters),
      remaining: Math.max(0, parameters.testDuration - reading.sample.at),
    }
    run.progress.traffic(reading.sample, goal)

    // A slow generator sends longer; the packets that it still does not send are its shortfall.
    const took = performance.now() - started
    const isOverdue = took - parameters.testDuration > timeouts.trafficOverrun
    if (reading.isSending && !isOverdue) continue
    if (reading.isSending && stoppedAt === undefined)
      await linked.generator.stop(run.limits(timeouts.command))
    stoppedAt ??= took
    afterSending.push(reading.sample)
    if (hasSettled(afterSending) || took - stoppedAt > timeouts.settle) return
  }
}

async function readAll(run: Run, { testpmd, generator }: Linked, started: number): Promise<Reading> {
  const limits = run.limits(timeouts.sample)
  const readVm = async () => ({ counters: await testpmd.sample(limits), at: performance.now() })
  const [vm, { counters, isSending, elapsed }] = await Promise.all([readVm(), generator.sample(limits)])
  const at = elapsed ?? Math.round(performance.now() - started)
  return { sample: { at, ...ledgerOf(counters, vm.counters) }, vm, isSending }
}

/** Reads the results that are read only once, at the end. */
function endOf(
  { nic, extended, contradictions }: TestpmdFinalStatistics,
  { directions }: Pick<Traffic, 'directions'>,
): Partial<Traffic> {
  const back = directions === 2 ? { westRx: nic.west.rxBytes, eastTx: nic.east.txBytes } : {}
  return {
    vmBytes: { eastRx: nic.east.rxBytes, westTx: nic.west.txBytes, ...back },
    ...(contradictions.ofTheTraffic.length === 0 ? {} : { contradictions: [...contradictions.ofTheTraffic] }),
    ...(extended === undefined ? {} : { vmDriverCounters: driverCounters(extended) }),
  }
}

/** The drivers' extended statistics of the run, by their own names. They explain results and decide none. */
function driverCounters({ east, west }: PerPort<ExtendedStatistics>): Traffic['vmDriverCounters'] {
  return { east: Object.fromEntries(east), west: Object.fromEntries(west) }
}
