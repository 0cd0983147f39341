/** Publishes a guest's share of this machine's CPUs in an annotation of its VMI, from which the checkup reads it. */
import { isDeepStrictEqual } from 'node:util'
import { type GuestCpu, LAB_CPU_SHARE } from '../../support/common/lab-facts.ts'
import type { HostCpu } from '../guests/host-cpu.ts'
import type { RunningGuest } from '../guests/guest-runtime.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import type { VmiRecord } from './vmi-record.ts'

/** Milliseconds between two samples: a reader who compares values ten seconds apart is off by at most a tenth. */
const EVERY_MS = 1000

export interface CpuShareOptions {
  /** The packet rate that the lab's guests can forward on this machine. */
  readonly fittingPacketsPerSecond: number
  /** CPU times of this machine; undefined if it does not report them. */
  readonly readHostCpu: () => Promise<HostCpu | undefined>
}

/** Updates the annotation when it changes, until the signal aborts. Simulated guests get no annotation. */
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
    // The host's CPU times are useless without the guest's.
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
