/** Which NIC model each guest of the checkup gets on real hardware that is emulated. */
import type { GuestSpec } from './guests/guest-runtime.ts'
import type { NicModel } from './guests/qemu/command-line.ts'

/** What the checkup gives to a generator that is to run TRex. */
const TREX_CONFIGURATION = 'trex_cfg.yaml'

/**
 * What is tested is the VM under test, so the generator's NIC is the one that suits its engine: the kernel's pktgen sends
 * fastest through virtio; TRex needs a TX queue for each sending CPU, and the lab's virtio has one.
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
