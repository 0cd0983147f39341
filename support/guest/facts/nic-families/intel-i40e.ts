/**
 * Whole ports (PFs) of Intel's 700 series that are passed through. Further ids are recognized by the kernel's driver.
 * Sources: DPDK, "I40E Poll Mode Driver"; its drivers/net/intel/i40e for ids and kernel modules ("* igb_uio
 * uio_pci_generic
 * vfio-pci").
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const intelI40e: NicFamily = {
  title: 'Intel’s i40e',
  devices: {
    '8086:1572': { model: 'Intel X710', packetsPerSecond: 40_000_000 },
    '8086:1583': { model: 'Intel XL710', packetsPerSecond: 40_000_000 },
    '8086:158b': { model: 'Intel XXV710' },
    '8086:37d0': { model: 'Intel X722' },
  },
  kernelDrivers: ['i40e'],
  pollModeDrivers: ['net_i40e'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_i40e',
}
