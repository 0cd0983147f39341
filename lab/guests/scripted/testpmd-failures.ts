/** Failures of dpdk-testpmd before it forwards, with the messages of EAL, its drivers and testpmd. */
import type { GuestFaults } from './faults.ts'

/** lib/eal/linux/eal.c */
export const NO_MEMORY = `EAL: No available 1048576 kB hugepages reported
EAL: FATAL: Cannot get hugepage information.
EAL: Cannot get hugepage information.
EAL: Error - exiting with code: 1
  Cause: Cannot init EAL: Permission denied
`
export const NO_LIBRARY =
  'dpdk-testpmd: error while loading shared libraries: librte_ethdev.so.23: cannot open shared object file: ' +
  'No such file or directory\n'

const CLOSING = `EAL: Error - exiting with code: 1
  Cause: Start ports failed
`
export const NO_START = `Configuring Port 0 (socket 0)
iavf_configure_queues(): Failed to execute command of VIRTCHNL_OP_CONFIG_VSI_QUEUES
iavf_dev_start(): configure queues failed
Fail to start port 0: Input/output error
Please stop the ports first
${CLOSING}`
/** fixtures/cases/testpmd-port-start-words */
export const TOO_MANY_DESCRIPTORS = `Configuring Port 0 (socket 0)
ETHDEV: Invalid value for nb_tx_desc(=2048), should be: <= 1024, >= 64, and a product of 32
Fail to configure port 0 tx queues
${CLOSING}`

/** drivers/net/vmxnet3/vmxnet3_ethdev.c (vmxnet3_dev_configure), lib/ethdev and app/test-pmd/testpmd.c (start_port). */
export const UNEVEN_QUEUES = `Configuring Port 0 (socket 0)
vmxnet3_dev_configure(): ERROR: Number of rx queues not power of 2
Port0 dev_configure = -22
Fail to configure port 0
${CLOSING}`

/**
 * The ports of which nothing comes, and what is said of them meanwhile: fixtures/cases/testpmd-iavf-init,
 * testpmd-mlx5-vfio, testpmd-no-port-prompt, and lib/eal/linux/eal_vfio.c.
 */
export function portsLost(
  fate: GuestFaults['testpmd'],
  asked: readonly string[],
  bound: readonly string[],
): { readonly words: string; readonly lost: readonly string[] } {
  const all = (say: (device: string) => string) => ({ words: asked.map(say).join(''), lost: asked })
  switch (fate) {
    case 'gets no VFIO group':
      return all(notViable)
    case 'finds no port':
      return all(() => '')
    case 'is refused by the PF':
      return all(initFailed)
    case 'finds no Verbs device':
      return all(noVerbs)
    case 'is refused one port by the PF': {
      const lost = asked.slice(-1)
      return { words: lost.map(initFailed).join(''), lost }
    }
    default:
      return { words: '', lost: asked.filter((device) => !bound.includes(device)) }
  }
}

const unusable = (device: string) => `EAL: Requested device ${device} cannot be used\n`
const notViable = (device: string) =>
  `EAL: ${device} VFIO group is not viable! Not all devices in IOMMU group bound to VFIO or unbound\n` +
  unusable(device)
const initFailed = (
  device: string,
) => `EAL: Probe PCI driver: net_iavf (8086:1889) device: ${device} (socket -1)
iavf_get_vf_resource(): Failed to execute command of OP_GET_VF_RESOURCE
iavf_init_vf(): iavf_get_vf_config failed
iavf_dev_init(): Init vf failed
${unusable(device)}`
const noVerbs = (device: string) => `EAL: Probe PCI driver: mlx5_pci (15b3:101e) device: ${device} (socket -1)
mlx5_common: No Verbs device matches PCI device ${device}, are kernel drivers loaded?
mlx5_common: Verbs device not found: ${device}
mlx5_common: Failed to initialize device context.
${unusable(device)}`
