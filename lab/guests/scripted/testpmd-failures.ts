/** Failures of dpdk-testpmd before it forwards, with the messages of EAL, the drivers and testpmd. */
import type { Machine } from './machine.ts'
import { NIC_MODELS } from './nic-models.ts'
import { pollModeDriverOf } from './poll-mode-drivers.ts'
import type { ForwardingPlan } from './testpmd-output.ts'
import type { PortNature } from './testpmd-port-info.ts'

/** lib/eal/linux/eal.c. */
export const NO_MEMORY = `EAL: No available 1048576 kB hugepages reported
EAL: FATAL: Cannot get hugepage information.
EAL: Cannot get hugepage information.
EAL: Error - exiting with code: 1
  Cause: Cannot init EAL: Permission denied
`
/** glibc's elf/dl-load.c. */
export const noLibrary = (name: string) =>
  `dpdk-testpmd: error while loading shared libraries: ${name}: cannot open shared object file: No such file or directory\n`
export const NO_LIBRARY = noLibrary('librte_ethdev.so.23')

/**
 * A DPDK that was built with ibverbs_link=dlopen: drivers/common/mlx5/linux/mlx5_common_os.c (mlx5_glue_constructor).
 * It runs before EAL; no driver is registered then, so none probes the device.
 */
export const NO_GLUE = `mlx5_common: Cannot load glue library: libibverbs.so.1: cannot open shared object file: No such file or directory
mlx5_common: Cannot initialize MLX5 common due to missing run-time dependency on rdma-core libraries (libibverbs, libmlx5)
`

const CLOSING = `EAL: Error - exiting with code: 1
  Cause: Start ports failed
`
const NOT_STARTED = `Configuring Port 0 (socket 0)
iavf_configure_queues(): Failed to execute command of VIRTCHNL_OP_CONFIG_VSI_QUEUES
iavf_dev_start(): configure queues failed
Fail to start port 0: Input/output error
Please stop the ports first
`
export const NO_START = `${NOT_STARTED}${CLOSING}`
/**
 * With DPDK 23.11, an interactive testpmd continues (main in app/test-pmd/testpmd.c), and its `start` fails
 * (start_packet_forwarding).
 */
export const NO_START_AND_PROMPT = `${NOT_STARTED}Start ports failed\n`
export const NOT_ALL_STARTED = 'Not all ports were started\n'
/**
 * lib/ethdev/rte_ethdev.c of DPDK 22.11, as printed for Amazon's ENA in pktgen/Pktgen-DPDK#101. testpmd sets up TX
 * queues first (start_port in app/test-pmd/testpmd.c). Undefined if the port accepts the numbers.
 */
export function tooManyDescriptors(
  { rxDescriptors, txDescriptors }: PortNature,
  asked: Pick<ForwardingPlan, 'rxDescriptors' | 'txDescriptors'>,
): string | undefined {
  const say = (direction: string, number: number, { most, least }: PortNature['rxDescriptors']) =>
    number <= most
      ? undefined
      : `Configuring Port 0 (socket 0)
Invalid value for nb_${direction}_desc(=${number}), should be: <= ${most}, >= ${least}, and a product of 1
Fail to configure port 0 ${direction} queues
${CLOSING}`
  return say('tx', asked.txDescriptors, txDescriptors) ?? say('rx', asked.rxDescriptors, rxDescriptors)
}

/**
 * For a driver that shares its ports with the kernel: the ports that libibverbs does not find, and the messages about
 * them. Sources: drivers/common/mlx5/linux/mlx5_common_os.c of DPDK 22.11 (mlx5_os_get_ibv_device prints more only if
 * there are other Verbs devices), mlx5_common.c, and EAL. The device is probed whichever driver holds it.
 */
export function verbsLost(
  machine: Machine,
  asked: readonly string[],
  bound: readonly string[],
): { readonly text: string; readonly lost: readonly string[] } {
  const { verbs, testpmd } = machine.faults
  if (verbs === 'no glue') return { text: '', lost: asked }
  const there = verbs === 'no kernel module' || testpmd === 'finds no Verbs device' ? [] : bound
  const lost = asked.filter((device) => !there.includes(device))
  const { name, ids } = pollModeDriverOf(machine)
  const lines = lost.map(
    (device) =>
      `EAL: Probe PCI driver: ${name} (${ids}) device: ${device} (socket -1)\n` +
      (there.length === 0
        ? ''
        : `mlx5_common: No Verbs device matches PCI device ${device}, are kernel drivers loaded?\n`) +
      `mlx5_common: Verbs device not found: ${device}\nmlx5_common: Failed to initialize device context.\n${unusable(device)}`,
  )
  return { text: lines.join(''), lost }
}

/**
 * drivers/net/vmxnet3/vmxnet3_ethdev.c (vmxnet3_dev_configure), lib/ethdev, and app/test-pmd/testpmd.c (start_port).
 */
export const UNEVEN_QUEUES = `Configuring Port 0 (socket 0)
vmxnet3_dev_configure(): ERROR: Number of rx queues not power of 2
Port0 dev_configure = -22
Fail to configure port 0
${CLOSING}`

/**
 * The ports that are missing, and the messages about them: fixtures/cases/testpmd-iavf-init, testpmd-mlx5-vfio,
 * testpmd-no-port-prompt, and lib/eal/linux/eal_vfio.c.
 */
export function portsLost(
  { faults: { testpmd: fate }, profile: { nic } }: Machine,
  asked: readonly string[],
  bound: readonly string[],
): { readonly text: string; readonly lost: readonly string[] } {
  const all = (say: (device: string) => string) => ({ text: asked.map(say).join(''), lost: asked })
  const isBnxt = nic === NIC_MODELS.bnxt
  switch (fate) {
    case 'gets no VFIO group':
      return all(notViable)
    case 'finds no port':
      return all(() => '')
    case 'is in the wrong IOVA mode':
      return all(wrongAddresses)
    case 'is refused by the PF':
      return all((device) => initFailed(device, isBnxt))
    case 'finds no Verbs device':
      return all(noVerbs)
    case 'is refused one port by the PF': {
      const lost = asked.slice(-1)
      return { text: lost.map((device) => initFailed(device, isBnxt)).join(''), lost }
    }
    default:
      return { text: '', lost: asked.filter((device) => !bound.includes(device)) }
  }
}

const unusable = (device: string) => `EAL: Requested device ${device} cannot be used\n`
/** drivers/bus/pci/pci_common.c (rte_pci_probe_one_driver). */
const wrongAddresses = (device: string) =>
  `EAL:   Expecting 'PA' IOVA mode but current mode is 'VA', not initializing\n${unusable(device)}`
/** nic_stats_display of app/test-pmd/config.c; iavf answers so during a reset of its VF. */
export const NO_STATISTICS = 'nic_stats_display: Error: failed to get stats (port 0): -5'
const notViable = (device: string) =>
  `EAL: ${device} VFIO group is not viable! Not all devices in IOMMU group bound to VFIO or unbound\n` +
  unusable(device)
const initFailed = (device: string, isBnxt: boolean) =>
  isBnxt
    ? // Its first message, HWRM_VER_GET, by bnxt_hwrm_send_message in drivers/net/bnxt/bnxt_hwrm.c of DPDK 22.11.
      `EAL: Probe PCI driver: net_bnxt (14e4:1806) device: ${device} (socket -1)
bnxt_hwrm_send_message(): Error(timeout) sending msg 0x0000, seq_id 0
${unusable(device)}`
    : `EAL: Probe PCI driver: net_iavf (8086:1889) device: ${device} (socket -1)
iavf_get_vf_resource(): Failed to execute command of OP_GET_VF_RESOURCE
iavf_init_vf(): iavf_get_vf_config failed
iavf_dev_init(): Init vf failed
${unusable(device)}`
const noVerbs = (device: string) => `EAL: Probe PCI driver: mlx5_pci (15b3:101e) device: ${device} (socket -1)
mlx5_common: No Verbs device matches PCI device ${device}, are kernel drivers loaded?
mlx5_common: Verbs device not found: ${device}
mlx5_common: Failed to initialize device context.
${unusable(device)}`
