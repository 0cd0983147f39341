/** A guest's share of this machine's CPUs, as an annotation of its VMI, for the checkup. */
import { isDeepStrictEqual } from 'node:util'
import { type GuestCpu, LAB_CPU_SHARE } from '../../support/common/lab-facts.ts'
import type { HostCpu } from '../guests/host-cpu.ts'
import type { RunningGuest } from '../guests/guest-runtime.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import type { VmiRecord } from './vmi-record.ts'

/** Milliseconds between two looks; who takes a difference over ten seconds is off by a tenth at most. */
const EVERY_MS = 1000

export interface CpuShareOptions {
  /** What the lab expects its guests to forward on this machine. */
  readonly fittingPacketsPerSecond: number
  /** Of this machine; undefined where it does not tell. */
  readonly readHostCpu: () => Promise<HostCpu | undefined>
}

/** Keeps the annotation up to date until the signal aborts; writes only what has changed. None for simulated guests. */
export async function publishCpuShare(
  guest: RunningGuest,
  record: VmiRecord,
  { fittingPacketsPerSecond, readHostCpu }: CpuShareOptions,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<void> {
  if (guest.cpuTime === undefined) return
  let written: GuestCpu['cpus'] | 'nothing' = 'nothing'
  for (;;) {
    const cpus = await guest.cpuTime()
    // Without the guest's share nothing follows from the host's.
    const host = cpus === undefined ? undefined : await readHostCpu()
    signal.throwIfAborted()
    if (!isDeepStrictEqual(cpus, written)) {
      written = cpus
      annotate(record, { at: Date.now(), cpus, host, fittingPacketsPerSecond })
    }
    await sleep(EVERY_MS, signal)
  }
}

type Counted = { readonly [Key in keyof GuestCpu]: GuestCpu[Key] | undefined }

function annotate(record: VmiRecord, counted: Counted): void {
  record.update(({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [LAB_CPU_SHARE]: JSON.stringify(counted) }
  })
}
