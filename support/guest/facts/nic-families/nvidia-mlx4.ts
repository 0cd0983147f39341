/**
 * NVIDIA's (Mellanox's) ConnectX-3. Bifurcated, as mlx5.
 *
 * Sources: DPDK, "NVIDIA MLX4 Ethernet Driver"; its drivers/net/mlx4/mlx4.h for ids and mlx4.c for kernel modules.
 */
import type { NicFamily } from './family.ts'

export const nvidiaMlx4: NicFamily = {
  title: 'NVIDIA’s mlx4',
  devices: {
    '15b3:1003': { model: 'NVIDIA ConnectX-3' },
    '15b3:1004': { model: 'NVIDIA ConnectX-3 VF' },
    '15b3:1007': { model: 'NVIDIA ConnectX-3 Pro' },
  },
  kernelDrivers: ['mlx4_core'],
  pollModeDrivers: ['net_mlx4'],
  dpdkDriver: 'mlx4_core',
  needs:
    'DPDK’s driver net_mlx4 with rdma-core (libibverbs and libmlx4), and the kernel’s modules mlx4_core, mlx4_en, mlx4_ib and ib_uverbs',
}
