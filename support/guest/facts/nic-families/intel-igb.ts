/**
 * Intel's 1-gigabit 82576 and I350. QEMU's igb is an 82576 with its VFs.
 *
 * Sources: DPDK, "IGB Poll Mode Driver"; its drivers/net/intel/e1000/igb_ethdev.c for ids, queues (eth_igbvf_infos_get)
 * and kernel modules ("* igb_uio | vfio-pci"); QEMU, docs/system/devices/igb.rst.
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const intelIgb: NicFamily = {
  title: 'Intel’s igb',
  devices: { '8086:10c9': { model: 'Intel 82576', rxQueues: 16, isEmulated: true } },
  kernelDrivers: ['igb'],
  pollModeDrivers: ['net_e1000_igb'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_e1000_igb (of librte_net_e1000)',
}

export const intelIgbvf: NicFamily = {
  title: 'Intel’s igb VF',
  devices: {
    '8086:10ca': { model: 'Intel 82576', rxQueues: 2, isEmulated: true },
    '8086:152d': { model: 'Intel 82576 on Hyper-V', rxQueues: 2 },
    '8086:1520': { model: 'Intel I350', rxQueues: 1 },
    '8086:152f': { model: 'Intel I350 on Hyper-V', rxQueues: 1 },
  },
  kernelDrivers: ['igbvf'],
  pollModeDrivers: ['net_e1000_igb_vf'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_e1000_igb_vf (of librte_net_e1000)',
}
