/** KubeVirt with simulated guests and the README's images; its minutes pass in seconds. */
import { defaultImages } from './guest-images.ts'
import type { GuestRuntime } from './guests/guest-runtime.ts'
import { SCRIPTED_DISKS } from './guests/scripted/scripted-runtime.ts'
import type { KubeVirtOptions } from './kubevirt/kubevirt.ts'
import { fastSleep } from './nodes/lab-clock.ts'

/** @param isFast false: probes keep their real delays */
export function fastKubeVirt(runtime: GuestRuntime, isFast = true): KubeVirtOptions {
  return {
    runtime,
    resolveImage: defaultImages(SCRIPTED_DISKS),
    cpuShare: { fittingPacketsPerSecond: 2000, readHostCpu: () => Promise.resolve(undefined) },
    ...(isFast ? { sleep: fastSleep } : {}),
  }
}
