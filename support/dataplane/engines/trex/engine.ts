/** TRex in stateless mode: it has its ports, CPUs and streams from the files that its guest was booted with. */
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
  guestFiles: (plan) => trexFiles(trexPlan(plan)),
  create: ({ shell, plan: { cpus }, logger }) => new TrexGenerator(shell, cpus.workers.length, logger),
  lastWords: {
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
      provedBy: 'TRex wants more TX queues than the NIC has, for one sending CPU',
      remedy:
        'give the traffic generator’s VFs more queues (for many NICs `ethtool -L` on the PF), or choose `spec.param.trafficGenEngine: pktgen`, which is content with one',
      explains: ['link.*', 'traffic.*'],
      codes: ['too-few-queues'],
    },
    {
      id: 'generator-ports-refused',
      title: 'DPDK does not get the traffic generator’s ports',
      looksAt: 'the journal of TRex’s unit',
      provedBy:
        'Could not find requested interface, Requested device … cannot be used, VFIO group is not viable',
      remedy:
        'the ports are bound, and DPDK can not bring them up: its driver’s own lines say why, where it has any; see `dmesg` of the node for these VFs and of the guest for vfio, that TRex’s DPDK knows this NIC, and that the PF’s driver and firmware are as new as it needs',
      explains: ['link.*', 'traffic.*'],
      codes: ['engine-ports-refused'],
    },
  ],
}

function trexPlan({ ports, peers, cpus, portBandwidthGbps, frames, flows }: GeneratorPlan): TrexPlan {
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
  }
}
