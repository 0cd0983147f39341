/** Names of the guest images that the lab's nodes can pull: the checkup's defaults. */
import type { ResolveImage } from './kubevirt/boot-image.ts'

const VM_UNDER_TEST = 'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main'
const TRAFFIC_GENERATOR = 'quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main'

/** Boot disks for the runtime. */
export interface GuestDisks {
  readonly vmUnderTest: string
  readonly trafficGenerator: string
}

export function defaultImages({ vmUnderTest, trafficGenerator }: GuestDisks): ResolveImage {
  const disks = new Map([
    [VM_UNDER_TEST, vmUnderTest],
    [TRAFFIC_GENERATOR, trafficGenerator],
  ])
  return (image) => disks.get(image)
}
