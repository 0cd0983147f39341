/** Hardware or memory that is too slow or too small for the rate: mbufs, rings, PCI links, NICs. */
import { percentText } from '../../common/percent.ts'
import { testedDirections } from '../../model/ledger.ts'
import { type ForeignText, partOf } from '../../common/foreign-text.ts'
import { deviceOf } from '../../guest/facts/nic-families/families.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { grouped, plural } from '../../common/text.ts'
import { notTakenToSend } from '../../model/driver-counters.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import { type PciPort } from '../findings.ts'
import { losesPackets, SLOW_CPU } from './losses.ts'
import { LOWER_RATE, nicUnderTest } from './polling.ts'

/** Usable Gbit/s of a PCI link, from GT/s and lanes: encoded 8b/10b up to 5 GT/s, 128b/130b from 8 GT/s on. */
function pciBandwidth(speed: ForeignText, width: number): number | undefined {
  const transfers = Number(partOf(speed, /^([\d.]+) GT\/s/))
  if (!Number.isFinite(transfers) || width < 1 || width > 32) return undefined
  return transfers * width * (transfers < 8 ? 0.8 : 128 / 130)
}

/** Share of the PCI Express bandwidth that 64-byte packets can use, at best; headers take the rest. */
const PCI_PAYLOAD = 0.8

const NEAR_CEILING = 0.9

export const CAPACITY_CAUSES: readonly CauseEntry[] = [
  {
    id: 'mbufs-exhausted',
    title: 'testpmd has no free packet buffers (mbufs)',
    looksAt: 'testpmd’s RX-nombufs and RX-error, which it prints only if they are not 0',
    provedBy: 'RX-nombufs above 0',
    remedy:
      'give the VM under test more hugepage memory for its mbuf pool, or fewer queues and descriptors; if there are TX drops as well, a slow TX port holds the buffers',
    explains: [...SLOW_CPU],
    find: ({ traffic, testpmd }) => {
      const failures = traffic?.ledger.vmRxNoMbuf ?? 0
      if (traffic === undefined || failures === 0) return undefined
      return {
        certainty: 'proved',
        sentence: `testpmd had no free mbuf for a packet ${plural(failures, 'time')}`,
        evidence: evidence(
          ['RX-nombufs', failures],
          ['RX-error', traffic.ledger.vmRxErrors],
          ['queues of a port', testpmd?.queues],
        ),
      }
    },
  },
  {
    id: 'pcie-starved',
    title: 'the NIC’s PCI link is slower than its port',
    looksAt: 'link speed and width of the ports on the PCI bus',
    provedBy: 'a PCI bandwidth (speed × width) below that of the port, or below that of the slot',
    remedy:
      'put the NIC into a slot that has all its lanes; on the node, compare LnkSta with LnkCap in `lspci -vv`: a card in an x4 slot, or a link below its maximum speed, is too slow',
    explains: [...SLOW_CPU, 'traffic.no-output-errors'],
    find: (findings) => {
      const wanted = findings.asked?.portBandwidthGbps ?? 0
      if (!losesPackets(findings) && (findings.traffic?.ledger.generatorOutputErrors ?? 0) === 0)
        return undefined
      const slow = ROLES.flatMap((role) =>
        (findings.guests[role]?.evidence?.pci ?? []).flatMap((port) => {
          const has = bandwidthOf(port)
          return has === undefined || has * PCI_PAYLOAD >= wanted ? [] : [{ role, port, has }]
        }),
      )
      const [first] = slow
      if (first === undefined) return undefined
      return {
        certainty: 'likely',
        sentence: `the ${first.port.port} port of the ${TITLES[first.role]} has a PCI link of ${first.port.speed ?? ''} x${first.port.width ?? 0}, which carries ${first.has.toFixed(1)} Gbit/s, for a port of ${wanted} Gbit/s`,
        evidence: slow.flatMap(({ role, port }) =>
          evidence(
            [
              `PCI link of the ${port.port} port of the ${TITLES[role]}`,
              `${port.speed ?? ''} x${port.width ?? 0}`,
            ],
            ['at most', port.maxSpeed === undefined ? undefined : `${port.maxSpeed} x${port.maxWidth ?? 0}`],
          ),
        ),
      }
    },
  },
  {
    id: 'nic-packet-ceiling',
    title: 'the rate is near the NIC’s own limit of packets per second',
    looksAt: 'PCI ids of the ports, the rate of all ports together',
    provedBy: 'a rate near the highest that this NIC can forward with 64-byte frames',
    remedy:
      'request a lower rate (spec.param.trafficGenPacketsPerSecond), or use ports of different NICs for the generator and the VM under test; the cluster is not at fault',
    explains: [...SLOW_CPU, 'traffic.rate-reached', 'traffic.no-output-errors'],
    find: (findings) => {
      const { traffic } = findings
      if (traffic === undefined) return undefined
      const ids = ROLES.flatMap((role) => findings.guests[role]?.evidence?.pci ?? []).map((port) => port.ids)
      const known = ids.find((id) => deviceOf(id)?.packetsPerSecond !== undefined)
      const { model, packetsPerSecond: ceiling } = deviceOf(known ?? '') ?? {}
      if (model === undefined || ceiling === undefined) return undefined
      // Each packet passes a VM's NIC twice. VMs on the same node share its NIC.
      const [one, other] = ROLES.map((role) => findings.vmis[role]?.nodeName ?? role)
      const passes = one === other ? 4 : 2
      const rate = Math.round(traffic.achievedPacketsPerSecond) * passes
      if (rate < ceiling * NEAR_CEILING) return undefined
      return {
        certainty: 'likely',
        sentence: `${grouped(rate)} packets per second pass a NIC (${model}) that can carry about ${grouped(ceiling)} packets of 64 bytes per second over all its ports`,
        evidence: evidence(
          ['PCI ids', known],
          ['packets per second sent', Math.round(traffic.achievedPacketsPerSecond)],
          ['how often each packet passes the NIC', passes],
        ),
      }
    },
  },
  {
    id: 'vm-tx-ring-full',
    title: 'the VM’s port does not take packets as fast as testpmd forwards them',
    looksAt: 'testpmd’s TX-dropped, the driver’s extended statistics',
    provedBy: 'TX-dropped above 0',
    remedy:
      'the port sends too slowly: check the VF’s rate limit (maxTxRate), pause frames from the switch (`ethtool -S <pf>`), and whether the port is a VF or a paravirtual NIC',
    explains: ['traffic.no-tx-drops', 'traffic.no-return-loss', 'traffic.probe'],
    find: (findings) => {
      const { traffic } = findings
      if (traffic === undefined) return undefined
      const [lossy] = testedDirections(traffic).filter(({ counts }) => counts.vmTxDropped > 0)
      if (lossy === undefined) return undefined
      const { vmRx, vmTxDropped: dropped } = lossy.counts
      const nic = nicUnderTest(findings)
      const full = notTakenToSend(traffic.vmDriverCounters?.[lossy.to])
      return {
        certainty: 'proved',
        sentence: `the ${lossy.to} port of the VM under test did not take ${grouped(dropped)} of ${grouped(vmRx)} packets (${percentText(dropped / Math.max(1, vmRx))}): its TX ring was full`,
        evidence: evidence(
          ['TX-dropped', dropped],
          ...full.map(([name, count]) => [`${lossy.to} port, ${name}`, count] as const),
        ),
        ...(nic.isSoftware
          ? {
              remedy: `${nic.title} is emulated by the host’s software, which does not take packets that fast: ${LOWER_RATE}, or give the VM SR-IOV VFs`,
            }
          : {}),
      }
    },
  },
]

/** Gbit/s; undefined if unknown or made up: QEMU's root ports report 2.5 GT/s x1 for devices without a link. */
function bandwidthOf({ isEmulated, speed, width }: PciPort): number | undefined {
  return isEmulated || speed === undefined || width === undefined ? undefined : pciBandwidth(speed, width)
}
