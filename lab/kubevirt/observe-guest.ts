/** Watches a running guest: its guest agent, its readiness probe and its CPU share. */
import type { V1Probe } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { describeError } from '../../support/common/errors.ts'
import type { Logger } from '../../support/common/logger.ts'
import type { AgentInterface, RunningGuest } from '../guests/guest-runtime.ts'
import { type CpuShareOptions, publishCpuShare } from './cpu-share.ts'
import { followAgent, readGuestOs, showAgent, showAgentInterfaces } from './guest-status.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { probeGuest } from './guest-probe.ts'
import type { VmiRecord } from './vmi-record.ts'

export interface ObserveOptions {
  readonly probe: V1Probe | undefined
  readonly onProbeFailure: (message: string) => void
  /** Undefined: the guest's CPU share is not published. */
  readonly cpuShare: CpuShareOptions | undefined
  readonly sleep: Sleep
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Updates the VMI's status from the guest until the signal aborts. Returns immediately. */
export function observeGuest(
  guest: RunningGuest,
  record: VmiRecord,
  onReadiness: (ready: boolean) => void,
  { probe, onProbeFailure, cpuShare, sleep, log, signal }: ObserveOptions,
): void {
  // Background work should end only by its signal; any other error is logged and must not end the lab.
  const inBackground: Background = (work, until) => {
    work.catch((error: unknown) => {
      if (!until.aborted)
        log.warn(`status of VMI ${record.namespace}/${record.name}: ${describeError(error)}`)
    })
  }
  observeAgent(guest, record, inBackground, sleep, signal)
  if (cpuShare !== undefined) inBackground(publishCpuShare(guest, record, cpuShare, sleep, signal), signal)
  if (probe === undefined) return
  const observer = {
    ready: onReadiness,
    failed: (output: string) => {
      onProbeFailure(`Readiness probe failed: ${output}`)
    },
  }
  inBackground(
    probeGuest(probe, () => guest.agent, observer, sleep, signal),
    signal,
  )
}

type Background = (work: Promise<void>, until: AbortSignal) => void

function observeAgent(
  guest: RunningGuest,
  record: VmiRecord,
  inBackground: Background,
  sleep: Sleep,
  signal: AbortSignal,
): void {
  let connection: AbortController | undefined
  guest.onAgentChange((connected) => {
    connection?.abort()
    if (signal.aborted) return
    record.update((vmi) => {
      showAgent(vmi, connected)
    })
    const { agent } = guest
    if (!connected || agent === undefined) return
    connection = new AbortController()
    const connectionSignal = AbortSignal.any([signal, connection.signal])
    const showOs = async () => {
      const os = await readGuestOs(agent)
      connectionSignal.throwIfAborted()
      record.update((vmi) => {
        vmi.status.guestOSInfo = os ?? {}
      })
    }
    const showInterfaces = (interfaces: readonly AgentInterface[]) => {
      record.update((vmi) => {
        showAgentInterfaces(vmi, interfaces)
      })
    }
    inBackground(showOs(), connectionSignal)
    inBackground(followAgent(agent, showInterfaces, sleep, connectionSignal), connectionSignal)
  })
}
