/**
 * NVIDIA's ConnectX-4 and later, and BlueField. Bifurcated: the kernel's driver keeps the device, and DPDK uses its
 * queues through libibverbs at the same time. Bound to vfio-pci, DPDK finds no port.
 * Sources: DPDK, "NVIDIA MLX5 Common Driver", Linux Prerequisites ("these modules must remain loaded and bound to their
 * devices"), and "Linux Drivers", Bifurcated Driver; its drivers/common/mlx5/mlx5_common.h for ids and
 * drivers/net/mlx5/mlx5.c for kernel modules ("* ib_uverbs & mlx5_core & mlx5_ib").
 */
import type { NicFamily } from './family.ts'

export const nvidiaMlx5: NicFamily = {
  title: 'NVIDIA’s mlx5',
  devices: {
    '15b3:1013': { model: 'NVIDIA ConnectX-4' },
    '15b3:1014': { model: 'NVIDIA ConnectX-4 VF' },
    '15b3:1015': { model: 'NVIDIA ConnectX-4 Lx' },
    '15b3:1016': { model: 'NVIDIA ConnectX-4 Lx VF' },
    '15b3:1017': { model: 'NVIDIA ConnectX-5' },
    '15b3:1018': { model: 'NVIDIA ConnectX-5 VF' },
    '15b3:1019': { model: 'NVIDIA ConnectX-5 Ex' },
    '15b3:101a': { model: 'NVIDIA ConnectX-5 Ex VF' },
    '15b3:101b': { model: 'NVIDIA ConnectX-6' },
    '15b3:101c': { model: 'NVIDIA ConnectX-6 VF' },
    '15b3:101d': { model: 'NVIDIA ConnectX-6 Dx' },
    '15b3:101e': { model: 'NVIDIA ConnectX VF (ConnectX-6 Dx and later)' },
    '15b3:101f': { model: 'NVIDIA ConnectX-6 Lx' },
    '15b3:1021': { model: 'NVIDIA ConnectX-7' },
    '15b3:1023': { model: 'NVIDIA ConnectX-8' },
    '15b3:1025': { model: 'NVIDIA ConnectX-9' },
    '15b3:1027': { model: 'NVIDIA ConnectX-10' },
    '15b3:2101': { model: 'NVIDIA ConnectX-10 C2C' },
    '15b3:a2d2': { model: 'NVIDIA BlueField' },
    '15b3:a2d3': { model: 'NVIDIA BlueField VF' },
    '15b3:a2d6': { model: 'NVIDIA BlueField-2' },
    '15b3:a2dc': { model: 'NVIDIA BlueField-3' },
    '15b3:a2df': { model: 'NVIDIA BlueField-4' },
  },
  kernelDrivers: ['mlx5_core'],
  pollModeDrivers: ['mlx5_pci', 'net_mlx5'],
  dpdkDriver: 'mlx5_core',
  needs:
    'DPDK’s driver net_mlx5 with rdma-core (libibverbs and libmlx5), and the kernel’s modules mlx5_core, mlx5_ib and ib_uverbs',
}
