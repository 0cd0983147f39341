/**
 * Amazon's Elastic Network Adapter.
 *
 * Sources: DPDK, "ENA Poll Mode Driver" (vfio-pci; without an IOMMU it has to be built with CONFIG_VFIO_NOIOMMU; low
 * latency queues want write-combining, which mainline's vfio-pci lacks); its drivers/net/ena/ena_ethdev.c for ids.
 */
import { type NicFamily, VFIO_PCI } from './family.ts'

export const amazonEna: NicFamily = {
  title: 'Amazon’s ENA',
  devices: { '1d0f:ec20': { model: 'Amazon ENA' }, '1d0f:ec21': { model: 'Amazon ENA' } },
  kernelDrivers: ['ena'],
  pollModeDrivers: ['net_ena'],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s driver net_ena, and a vfio-pci that can do without an IOMMU (CONFIG_VFIO_NOIOMMU)',
}
