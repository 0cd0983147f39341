/** Pings through the tap of the testpmd-tap pod, and counts at testpmd the packets that passed the VF. */
import type { Run } from '../run/run.ts'
import type { StartedPod } from './application-slot.ts'
import type { PingFacts } from './expectations.ts'
import { KubectlError } from './kubectl.ts'
import { parsePing, type PingResult } from './ping.ts'
import { executeAnyway, readStatistics, since } from './testpmd-control.ts'
import { rootlessTimeouts } from '../model/timeouts.ts'

export const PINGS = 100

export interface Pinged extends StartedPod, PingFacts {
  /** `ip addr` of the tap, as text. */
  readonly addresses: string
  /** `ip neigh` of the tap after the first pings. */
  readonly neighbours: string
  readonly pingIn: PingResult | undefined
}

export async function pingTap(run: Run, facts: StartedPod): Promise<Pinged> {
  const { deployment, parameters, up, pingFrom } = facts
  const { kubectl } = deployment
  const pod = up.pod.metadata.name
  return run.journal.phase('ping', 'traffic', async () => {
    const before = await readStatistics(kubectl, pod, run.limits(rootlessTimeouts.answer))
    const execute = (...args: string[]) =>
      executeAnyway(kubectl, pod, args, run.limits(rootlessTimeouts.command))
    const addresses = await execute('ip', 'addr', 'show', 'dev', 'dp0')
    const command = pingCommand('0.1', parameters.TAP_GATEWAY)
    const ping = parsePing(await executeAnyway(kubectl, pod, command, run.limits(rootlessTimeouts.ping)))
    const neighbours = await execute('ip', 'neigh', 'show', 'dev', 'dp0')
    const counters = since(before, await readStatistics(kubectl, pod, run.limits(rootlessTimeouts.answer)))
    const pingIn = pingFrom === undefined ? undefined : await pingFromOutside(run, facts, pingFrom)
    return { ...facts, addresses, ping, neighbours, counters, pingIn }
  })
}

/** @param from `namespace/pod` */
async function pingFromOutside(
  run: Run,
  { deployment, parameters }: StartedPod,
  from: string,
): Promise<PingResult> {
  const [namespace = '', pod = ''] = from.split('/')
  const address = parameters.TAP_ADDRESS.split('/')[0] ?? ''
  const args = ['exec', '-n', namespace, pod, '--', ...pingCommand('0.2', address)]
  try {
    return parsePing(await deployment.kubectl(args, run.limits(rootlessTimeouts.ping)))
  } catch (error) {
    if (error instanceof KubectlError && error.stdout !== '') return parsePing(error.stdout)
    throw error
  }
}

/** @param interval seconds between two pings */
function pingCommand(interval: string, address: string): string[] {
  return ['ping', '-c', String(PINGS), '-i', interval, '-W', '2', address]
}
