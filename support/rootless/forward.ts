/**
 * A second pod, testpmd-source, sends bursts to both VFs of the port-forwarder and counts the packets that come back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../run/run.ts'
import type { StartedPod } from './application-slot.ts'
import { waitForwarding, type ForwardingPod } from './wait-forwarding.ts'
import { applyTree } from './deploy.ts'
import { failingStage } from './deployment-failure.ts'
import { forwarderMacViolations, type ForwardingFacts } from './expectations.ts'
import type { StatisticsBlock } from './statistics-log.ts'
import { askTestpmd, readStatistics, since } from './testpmd-control.ts'
import { rootlessTimeouts } from '../model/timeouts.ts'

export interface Forwarded extends ForwardingFacts {
  readonly up: ForwardingPod
}

/** Bursts of 32 packets at each port of the source; few enough for any queue to hold all of them. */
const BURSTS = 50
/** Milliseconds between two samples of the counters. */
const SAMPLE_INTERVAL = 500

interface Sample {
  readonly source: StatisticsBlock
  readonly forwarder: StatisticsBlock
}

export async function forward(run: Run, facts: StartedPod): Promise<Forwarded> {
  const { deployment, up, startup, parameters } = facts
  const { kubectl } = deployment
  const source = await run.journal.phase('deploy testpmd-source', 'guest', () =>
    failingStage(async () => {
      const limits = run.limits(rootlessTimeouts.podUp)
      await applyTree(deployment, 'testpmd-source', limits)
      return waitForwarding(kubectl, 'testpmd-source', limits)
    }),
  )
  const pods = { source: source.pod.metadata.name, forwarder: up.pod.metadata.name }
  return run.journal.phase('send packets', 'traffic', async () => {
    const sample = async (): Promise<Sample> => ({
      source: await readStatistics(kubectl, pods.source, run.limits(rootlessTimeouts.answer)),
      forwarder: await readStatistics(kubectl, pods.forwarder, run.limits(rootlessTimeouts.answer)),
    })
    const before = await sample()
    for (let burst = 0; burst < BURSTS; burst += 10) {
      const ten = Array.from({ length: 10 }, () => ['stop', 'start tx_first 1']).flat()
      await askTestpmd(kubectl, pods.source, ten, run.limits(rootlessTimeouts.answer))
    }
    const now = await settled(sample, run.signal)
    return {
      up,
      mode: startup.forwardMode,
      macViolations: forwarderMacViolations(startup, parameters),
      source: since(before.source, now.source),
      forwarder: since(before.forwarder, now.forwarder),
    }
  })
}

/** Samples until two in a row are equal: then no packet is in flight. */
async function settled(sample: () => Promise<Sample>, signal: AbortSignal): Promise<Sample> {
  const packets = (sampled: Sample) =>
    JSON.stringify(
      [sampled.source, sampled.forwarder].map(({ ports }) =>
        [...ports].map(([, each]) => [each.rxPackets, each.txPackets]),
      ),
    )
  const deadline = performance.now() + rootlessTimeouts.settle
  let last = await sample()
  for (;;) {
    await sleep(SAMPLE_INTERVAL, undefined, { signal })
    const now = await sample()
    if (packets(now) === packets(last) || performance.now() > deadline) return now
    last = now
  }
}
