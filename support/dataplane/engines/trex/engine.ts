/** TRex in stateless mode. Its ports, CPUs and streams come from files that are on its guest's disk at boot. */
import { nvidiaMlx4 } from '../../../guest/facts/nic-families/nvidia-mlx4.ts'
import { nvidiaMlx5 } from '../../../guest/facts/nic-families/nvidia-mlx5.ts'
import type { Engine, GeneratorPlan } from '../engine.ts'
import { TREX_HOME, TREX_UNIT, trexFiles, type TrexPlan } from './files.ts'
import { TrexGenerator } from './generator.ts'

const STATUS_LINES = 8
const JOURNAL_LINES = 15

export const trex: Engine = {
  name: 'trex',
  title: 'TRex',
  needs: `TRex under ${TREX_HOME}`,
  missingShows: 'systemctl status trex and its journal',
  dataPlane: 'dpdk',
  measuresLatency: true,
  // TRex releases contain a libmlx5-64.so that works with only one release of MLNX_OFED (trex-core#754, #968).
  unfitNics: {
    families: [nvidiaMlx4, nvidiaMlx5],
    needs: 'libibverbs and libmlx5 of the MLNX_OFED release with which it was built',
  },
  guestFiles: (plan) => trexFiles(trexPlan(plan)),
  create: ({ shell, plan: { cpus }, logger }) => new TrexGenerator(shell, cpus.workers.length, logger),
  diagnostics: {
    what: 'systemctl status trex, journal',
    command:
      `if [ -e /etc/systemd/system/${TREX_UNIT} ]; then ` +
      `systemctl status trex --no-pager -n 0 2>&1 | head -n ${STATUS_LINES}; ` +
      `journalctl -u trex -n ${JOURNAL_LINES} -o cat --no-pager 2>&1; fi`,
    lines: STATUS_LINES + JOURNAL_LINES,
  },
  causes: [
    {
      id: 'generator-nic-queues',
      title: 'the traffic generator’s NIC has too few TX queues for TRex',
      looksAt: 'the journal of TRex’s unit',
      provedBy: 'TRex needs more TX queues than the NIC has, even for one sending CPU',
      remedy:
        'give the traffic generator’s VFs more queues (for many NICs `ethtool -L` on the PF), or set `spec.param.trafficGenEngine: pktgen` (pktgen needs only one TX queue)',
      explains: ['link.*', 'traffic.*'],
      codes: ['too-few-queues'],
    },
    {
      id: 'generator-verbs-missing',
      title: 'TRex lacks the libraries of its driver for NVIDIA’s NICs',
      looksAt: 'the journal of TRex’s unit',
      provedBy: 'TRex cannot load libibverbs or libmlx5, and EAL ends without its plugins',
      remedy:
        'set `spec.param.trafficGenEngine: pktgen` (pktgen sends through the kernel’s driver), or set `spec.param.trafficGenContainerDiskImage` to an image that has libibverbs and libmlx5 of the MLNX_OFED release with which its TRex was built (TRex’s manual names the release)',
      explains: ['link.*', 'traffic.*'],
      codes: ['engine-verbs-missing'],
    },
    {
      id: 'generator-no-memory',
      title: 'TRex gets too little hugepage memory',
      looksAt: 'the journal of TRex’s unit',
      provedBy: '“Cannot init memory”, “Cannot init mbuf pool”, or “not enough huge-pages memory”',
      remedy:
        'check in the traffic generator’s guest that hugepages are free (`grep Huge /proc/meminfo`) and hugetlbfs is mounted, that no other DPDK program of the image holds hugepages, and raise spec.param.vmiMemory if the image needs more memory',
      explains: ['link.*', 'traffic.*'],
      codes: ['engine-no-memory'],
    },
    {
      id: 'generator-ports-refused',
      title: 'DPDK cannot use the traffic generator’s ports',
      looksAt: 'the journal of TRex’s unit',
      provedBy:
        '“Could not find requested interface”, “Requested device … cannot be used”, or “VFIO group is not viable”',
      remedy:
        'the ports are bound, but DPDK cannot bring them up: read the messages of DPDK’s driver, the node’s `dmesg` for these VFs, and the guest’s `dmesg` for vfio; check that TRex’s DPDK supports this NIC, and that the PF’s driver and firmware are new enough',
      explains: ['link.*', 'traffic.*'],
      codes: ['engine-ports-refused'],
    },
  ],
}

function trexPlan(plan: GeneratorPlan): TrexPlan {
  const { ports, peers, cpus, portBandwidthGbps, frames, flows, latencyPacketsPerSecond } = plan
  const [masterCpu = 0, latencyCpu = masterCpu] = cpus.control
  return {
    pciAddresses: { east: ports.east.pciAddress, west: ports.west.pciAddress },
    macs: { east: ports.east.mac, west: ports.west.mac },
    peerMacs: peers,
    portBandwidthGbps,
    masterCpu,
    latencyCpu,
    workerCpus: cpus.workers,
    frames,
    flows,
    ...(latencyPacketsPerSecond === undefined ? {} : { latencyPacketsPerSecond }),
  }
}
