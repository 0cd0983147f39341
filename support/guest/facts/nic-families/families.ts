/**
 * Every family of NICs that the checkup knows. Others are treated like most families: DPDK uses them through vfio-pci.
 */
import { amazonEna } from './amazon-ena.ts'
import { broadcomBnxt } from './broadcom-bnxt.ts'
import { type NicDevice, type NicFamily, VFIO_PCI } from './family.ts'
import { intelE1000 } from './intel-e1000.ts'
import { intelI40e } from './intel-i40e.ts'
import { intelIavf } from './intel-iavf.ts'
import { intelIgb, intelIgbvf } from './intel-igb.ts'
import { intelIxgbevf } from './intel-ixgbevf.ts'
import { nvidiaMlx4 } from './nvidia-mlx4.ts'
import { nvidiaMlx5 } from './nvidia-mlx5.ts'
import { virtio } from './virtio.ts'
import { vmxnet3 } from './vmxnet3.ts'

export const NIC_FAMILIES: readonly NicFamily[] = [
  intelIavf,
  intelI40e,
  intelIxgbevf,
  intelIgb,
  intelIgbvf,
  intelE1000,
  broadcomBnxt,
  nvidiaMlx4,
  nvidiaMlx5,
  amazonEna,
  virtio,
  vmxnet3,
]

export const UNKNOWN_NIC: NicFamily = {
  title: 'the NIC',
  devices: {},
  kernelDrivers: [],
  pollModeDrivers: [],
  dpdkDriver: VFIO_PCI,
  needs: 'DPDK’s poll mode driver for the NIC',
}

/** @param nic its PCI ids, and its driver before anything is bound */
export function familyOf(
  { ids, driver = '' }: { readonly ids: string; readonly driver?: string | undefined },
  families: readonly NicFamily[] = NIC_FAMILIES,
): NicFamily {
  return (
    families.find(({ devices }) => Object.hasOwn(devices, ids)) ??
    families.find(({ kernelDrivers }) => kernelDrivers.includes(driver)) ??
    UNKNOWN_NIC
  )
}

/** Finds a family by the name of DPDK's driver in testpmd. */
export function familyOfPmd(pmd: string, families: readonly NicFamily[] = NIC_FAMILIES): NicFamily {
  return families.find(({ pollModeDrivers }) => pollModeDrivers.includes(pmd)) ?? UNKNOWN_NIC
}

export function deviceOf(ids: string, families: readonly NicFamily[] = NIC_FAMILIES): NicDevice | undefined {
  const { devices } = familyOf({ ids }, families)
  return Object.hasOwn(devices, ids) ? devices[ids] : undefined
}
