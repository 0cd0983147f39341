/** Which NIC model QEMU emulates for each guest of the checkup. */
import type { GuestSpec } from './guests/guest-runtime.ts'
import type { NicModel } from './guests/qemu/command-line.ts'

/** The file that the checkup passes to a generator that runs TRex. */
const TREX_CONFIGURATION = 'trex_cfg.yaml'

/**
 * Only the VM under test is judged, so the generator gets the NIC model that suits its engine: the kernel's pktgen
 * sends fastest through virtio; TRex needs one TX queue per sending CPU, and the lab's virtio has only one.
 * @param trafficGen the generator's boot disk
 * @param nic of the VM under test
 */
export function nicModelOf(
  { bootDisk, dataDisks }: Pick<GuestSpec, 'bootDisk' | 'dataDisks'>,
  trafficGen: string,
  nic: NicModel,
): NicModel {
  if (bootDisk !== trafficGen) return nic
  return dataDisks.some(({ files }) => TREX_CONFIGURATION in files) ? 'vmxnet3' : 'virtio'
}
