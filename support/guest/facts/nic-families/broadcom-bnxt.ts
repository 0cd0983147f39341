/**
 * VFs of Broadcom's NetXtreme-E and NetXtreme-C (BCM573xx, 574xx, 575xx, 576xx, Stingray).
 *
 * Sources: DPDK, "BNXT Poll Mode Driver" (vfio-pci; a VF has to be trusted for another MAC address or promiscuous mode);
 * its drivers/net/bnxt/bnxt.h for ids.
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const broadcomBnxt: NicFamily = {
  title: 'Broadcom’s bnxt VF',
  devices: {
    '14e4:1606': { model: 'Broadcom Stratus' },
    '14e4:1609': { model: 'Broadcom Stratus' },
    '14e4:16c1': { model: 'Broadcom BCM57414' },
    '14e4:16cb': { model: 'Broadcom BCM57304' },
    '14e4:16d3': { model: 'Broadcom BCM57406' },
    '14e4:16dc': { model: 'Broadcom BCM5741x' },
    '14e4:16e1': { model: 'Broadcom BCM5731x' },
    '14e4:1806': { model: 'Broadcom BCM575xx' },
    '14e4:1807': { model: 'Broadcom BCM575xx' },
    '14e4:1819': { model: 'Broadcom BCM5760x' },
    '14e4:d800': { model: 'Broadcom BCM58802' },
    '14e4:d82e': { model: 'Broadcom BCM58818' },
  },
  kernelDrivers: ['bnxt_en'],
  pollModeDrivers: ['net_bnxt'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_bnxt',
}
