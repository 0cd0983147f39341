/** The lab's KubeVirt over simulated guests, with the README's images, minutes of which pass in seconds. */
import { createKubeVirt } from '../kubevirt/kubevirt.ts'
import { hurriedSleep } from '../nodes/lab-clock.ts'
import type { GuestRuntime } from '../guests/guest-runtime.ts'
import { SCRIPTED_DISKS } from '../guests/scripted/scripted-runtime.ts'

const IMAGES: ReadonlyMap<string, string> = new Map([
  ['quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main', SCRIPTED_DISKS.vmUnderTest],
  ['quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main', SCRIPTED_DISKS.trafficGenerator],
])

export function createHurriedKubeVirt(runtime: GuestRuntime): ReturnType<typeof createKubeVirt> {
  return createKubeVirt({
    runtime,
    resolveImage: (image) => IMAGES.get(image),
    cpuShare: { fittingPacketsPerSecond: 2000, readHostCpu: () => Promise.resolve(undefined) },
    sleep: hurriedSleep,
  })
}
