/**
 * VFs of Intel's 700 and 800 series (X710, XL710, XXV710, X722, E810, …).
 *
 * Sources: DPDK, "Intel Virtual Function Driver"; its drivers/net/intel/iavf for ids, queues (IAVF_MAX_NUM_QUEUES_DFLT)
 * and kernel modules ("* igb_uio | vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

const rxQueues = 16

export const intelIavf: NicFamily = {
  title: 'Intel’s iavf VF',
  devices: {
    '8086:154c': { model: 'Intel X710/XL710', packetsPerSecond: 40_000_000, rxQueues },
    '8086:1571': { model: 'Intel X710/XL710 on Hyper-V', rxQueues },
    '8086:1889': { model: 'Intel adaptive VF (E810 and others)', rxQueues },
    '8086:374d': { model: 'Intel X722 (A0)', rxQueues },
    '8086:37cd': { model: 'Intel X722', rxQueues },
  },
  kernelDrivers: ['iavf', 'i40evf'],
  pollModeDrivers: ['net_iavf', 'net_i40e_vf'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_iavf',
}
