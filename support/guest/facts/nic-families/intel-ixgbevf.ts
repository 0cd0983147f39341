/**
 * VFs of Intel's 10-gigabit 82599, X540, X550 and E610.
 *
 * Sources: DPDK, "Intel Virtual Function Driver"; its drivers/net/intel/ixgbe for ids, queues (IXGBE_VF_MAX_RX_QUEUES)
 * and kernel modules ("* igb_uio | vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

const rxQueues = 8

export const intelIxgbevf: NicFamily = {
  title: 'Intel’s ixgbe VF',
  devices: {
    '8086:10ed': { model: 'Intel 82599', rxQueues },
    '8086:152e': { model: 'Intel 82599 on Hyper-V', rxQueues },
    '8086:1515': { model: 'Intel X540', rxQueues },
    '8086:1530': { model: 'Intel X540 on Hyper-V', rxQueues },
    '8086:1565': { model: 'Intel X550', rxQueues },
    '8086:1564': { model: 'Intel X550 on Hyper-V', rxQueues },
    '8086:15a8': { model: 'Intel X552 (X550EM_x)', rxQueues },
    '8086:15a9': { model: 'Intel X552 (X550EM_x) on Hyper-V', rxQueues },
    '8086:15c5': { model: 'Intel X553 (X550EM_a)', rxQueues },
    '8086:15b4': { model: 'Intel X553 (X550EM_a) on Hyper-V', rxQueues },
    '8086:57ad': { model: 'Intel E610', rxQueues },
  },
  kernelDrivers: ['ixgbevf'],
  pollModeDrivers: ['net_ixgbe_vf'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_ixgbe_vf (of librte_net_ixgbe)',
}
