/** Causes between the VMs: links, wiring, VLANs, and the checks that NICs make. */
import { percentText } from '../../common/percent.ts'
import { says } from '../../common/foreign-text.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { formatDuration } from '../../common/duration.ts'
import { grouped, plural } from '../../common/text.ts'
import { PORT_NAMES, type PortName } from '../../model/ports.ts'
import { type CauseEntry, evidence, type Proof } from '../cause.ts'
import { type Findings, type NetworkFindings } from '../findings.ts'
import { linkDown } from '../../model/links.ts'
import { foreignAmong } from '../../model/foreign-frames.ts'
import { deadHop, directionText, lostEndToEnd, unaccounted } from '../../model/ledger.ts'
import { type Path, pathEvidence, pathOf } from './losses.ts'
import { silentPeriods } from './silent-periods.ts'

const LOST = ['traffic.probe', 'traffic.no-loss', 'traffic.no-return-loss'] as const

type Hop = 'to-vm' | 'back'

/** The port on both ends of a hop. */
function portOf({ from, to }: Pick<Path, 'from' | 'to'>, hop: Hop): PortName {
  return hop === 'to-vm' ? from : to
}

function networkOf({ networks }: Findings, port: PortName): NetworkFindings | undefined {
  const network = networks?.[port]
  return network !== undefined && 'found' in network ? network.found : undefined
}

function networkEvidence({ networks }: Findings, port: PortName): ReturnType<typeof evidence> {
  const network = networks?.[port]
  if (network === undefined) return []
  if (!('found' in network)) return evidence(['NetworkAttachmentDefinition', Object.values(network).join()])
  const { name, vlan, spoofCheck, trust, linkState } = network.found
  return evidence(
    [`vlan of NetworkAttachmentDefinition ${name}`, vlan],
    ['its spoofchk', spoofCheck],
    ['its trust', trust],
    ['its link_state', linkState],
  )
}

function haveTwoNetworks(findings: Findings): boolean {
  return networkOf(findings, 'east')?.name !== networkOf(findings, 'west')?.name
}

const NETWORKS_SWAPPED =
  'find out to which PF and switch port the VFs of each of the two networks belong, on both nodes: spec.param.networkAttachmentDefinitionName names the network of the east ports, spec.param.westNetworkAttachmentDefinitionName names the network of the west ports, and each must be the same network on both nodes'

/** The port that sends on a hop. */
function senderOf(path: Path, hop: Hop): string {
  return `${portOf(path, hop)} port of the ${hop === 'to-vm' ? 'traffic generator' : 'VM under test'}`
}

/** Evidence of a hop between the VMs on which nothing arrives; empty if there is no such hop. */
function atDeadHop(
  prove: (findings: Findings, path: Path, hop: Hop) => Proof | undefined,
): CauseEntry['find'] {
  return (findings) => {
    const path = pathOf(findings)
    const hop = path === undefined ? undefined : deadHop(path.there)
    return path === undefined || hop === undefined || hop === 'inside'
      ? undefined
      : prove(findings, path, hop)
  }
}

/** `200 packets of the probe left … and none arrived` */
function nothingArrived(path: Path, hop: Hop): string {
  const { there, packets } = path
  const sent = hop === 'to-vm' ? there.generatorTx : there.vmTx
  const receiver = hop === 'to-vm' ? 'the VM under test' : 'the traffic generator'
  return `${grouped(sent)} ${packets} left the ${senderOf(path, hop)} and 0 arrived at ${receiver}`
}

function onDifferentNodes({ vmis }: Findings): boolean | undefined {
  const [one, other] = ROLES.map((role) => vmis[role]?.nodeName ?? '')
  return one === '' || other === '' ? undefined : one !== other
}

const MAC_REFUSED =
  /attempting to override administratively set MAC|spoof(?:ed|ing)?\b.{0,40}(?:detect|packet|event)/i

function dmesgLines(findings: Findings, pattern: RegExp): readonly string[] {
  return ROLES.flatMap((role) =>
    (findings.guests[role]?.evidence?.dmesg ?? []).filter((line) => says(line, pattern)),
  )
}

export const NETWORK_CAUSES: readonly CauseEntry[] = [
  {
    id: 'link-down',
    title: 'a link is down',
    looksAt: 'link state of both ports on both sides',
    provedBy: 'Link status: down, or no carrier',
    remedy:
      'check the physical port and its switch port (`ip link show <pf>` on the node); a VF also has no link if the SriovNetwork says linkState: disable, or says linkState: auto and the PF has no link',
    explains: ['link.*', 'traffic.*'],
    find: ({ criteria, links }) => {
      if (links === undefined) return undefined
      const down = PORT_NAMES.flatMap((port) => {
        const sentence = linkDown(links, port)
        return sentence === undefined ? [] : [{ id: `link.${port}`, sentence }]
      })
      if (down.length === 0) return undefined
      const ids = down.map(({ id }) => id)
      return {
        certainty: 'proved',
        sentence: down.map(({ sentence }) => sentence).join(', and '),
        evidence: criteria.filter(({ id }) => ids.includes(id)).flatMap((criterion) => criterion.evidence),
        explains: ids,
      }
    },
  },
  {
    id: 'ports-crossed',
    title: 'the ports are cross-wired',
    looksAt: 'counts of a low-rate probe at all four ports',
    provedBy: 'packets arrive at a port to which they were not sent',
    remedy:
      'east and west must be two VFs of one network: check the PF and the switch port of each VF, and that the NetworkAttachmentDefinition’s resource covers only one network',
    explains: LOST,
    find: atDeadHop((findings, path, hop) => {
      const elsewhere = hop === 'to-vm' ? path.back.vmRx : path.back.generatorRx
      const sent = hop === 'to-vm' ? path.there.generatorTx : path.there.vmTx
      if (elsewhere < sent / 2) return undefined
      const receiver = `${hop === 'to-vm' ? path.to : path.from} port of the ${hop === 'to-vm' ? 'VM under test' : 'traffic generator'}`
      return {
        certainty: 'proved',
        sentence: `${nothingArrived(path, hop)} at the intended port: ${elsewhere} arrived at the ${receiver}`,
        evidence: [...pathEvidence(path), ...evidence([`at the ${receiver}`, elsewhere])],
        ...(haveTwoNetworks(findings) ? { remedy: NETWORKS_SWAPPED } : {}),
      }
    }),
  },
  {
    id: 'vf-mac-differs',
    title: 'a VF does not have the MAC address that its VMI requests',
    looksAt: 'testpmd’s port information, compared with the VMI',
    provedBy: 'the addresses differ',
    remedy:
      'the CNI could not set the VF’s MAC address: read the log of the SR-IOV CNI and `ip link show <pf>` on the node; some drivers need trust: "on"',
    explains: LOST,
    find: (findings) => {
      const { testpmd } = findings
      const differing = (['east', 'west'] as const).flatMap((port) => {
        const has = testpmd?.ports?.[port].mac
        const planned = testpmd?.plannedMacs[port] ?? ''
        return has === undefined || has === planned.toLowerCase() ? [] : [{ port, has, planned }]
      })
      const [first] = differing
      if (first === undefined) return undefined
      return {
        certainty: 'proved',
        sentence: `the ${first.port} port of the VM under test has the MAC address ${first.has}, but its VMI requests ${first.planned}`,
        evidence: differing.flatMap(({ port, has, planned }) =>
          evidence([`MAC address of the ${port} port`, has], ['requested', planned]),
        ),
      }
    },
  },
  {
    id: 'spoof-check',
    title: 'a NIC’s spoof check drops the packets of a VF',
    looksAt: 'a low-rate probe, spoofchk and trust of the NetworkAttachmentDefinition, dmesg',
    provedBy: 'a VF sends, its peer receives nothing, and spoofchk is on or the PF refused a MAC address',
    remedy:
      'set spoofChk: "off" and trust: "on" in the SriovNetwork, and run again: new pods get VFs with the new settings',
    explains: LOST,
    find: atDeadHop((findings, path, hop) => {
      const isOn = networkOf(findings, portOf(path, hop))?.spoofCheck === 'on'
      const lines = dmesgLines(findings, MAC_REFUSED)
      if (!isOn && lines.length === 0) return undefined
      return {
        certainty: 'likely',
        sentence: `${nothingArrived(path, hop)}, ${
          lines.length > 0 ? 'and the PF refused a MAC address of this VF' : 'and the network has spoofchk on'
        }: the NIC drops the packets of this VF`,
        evidence: [
          ...pathEvidence(path),
          ...networkEvidence(findings, portOf(path, hop)),
          ...lines.slice(-3).map((line) => ({ what: 'dmesg', value: line })),
        ],
      }
    }),
  },
  {
    id: 'wrong-vlan',
    title: 'the switch does not carry the network’s VLAN between the nodes',
    looksAt: 'a low-rate probe, vlan of the NetworkAttachmentDefinition, the nodes of both VMs',
    provedBy: 'no probe packet arrives, the VMs are on different nodes, and the network has a VLAN',
    remedy:
      'make the switch ports of both nodes carry that VLAN tagged (trunk), or correct vlan in the SriovNetwork; to rule the switch out, run both VMs on one node',
    explains: LOST,
    find: atDeadHop((findings, path, hop) => {
      const vlan = networkOf(findings, portOf(path, hop))?.vlan ?? 0
      if (vlan === 0 || onDifferentNodes(findings) !== true) return undefined
      const [from, to] = ROLES.map((role) => findings.vmis[role]?.nodeName ?? '')
      return {
        certainty: 'likely',
        sentence: `${nothingArrived(path, hop)}: VLAN ${vlan} does not reach node ${from ?? ''} from node ${to ?? ''}`,
        evidence: [...pathEvidence(path), ...networkEvidence(findings, portOf(path, hop))],
      }
    }),
  },
  {
    id: 'no-path',
    isLastResort: true,
    title: 'no packet gets from one VF to the other VF',
    looksAt: 'a low-rate probe',
    provedBy: 'packets leave one VF and none arrives at the other VF',
    remedy:
      'check, in this order: spoofChk "off" and trust "on" in the SriovNetwork; its VLAN on both switch ports; that both VFs are on the same physical network; to tell a fault of the switch from a fault of the NIC, run both VMs on one node',
    explains: LOST,
    find: atDeadHop((findings, path, hop) => {
      return {
        certainty: 'possible',
        sentence: `${nothingArrived(path, hop)}: suspect the VLAN, the wiring or the spoof check, not the capacity`,
        evidence: [...pathEvidence(path), ...networkEvidence(findings, portOf(path, hop))],
      }
    }),
  },
  {
    id: 'not-forwarded',
    title: 'testpmd receives packets and forwards none',
    looksAt: 'counts of a low-rate probe inside the VM under test',
    provedBy: 'packets received, none sent, none dropped',
    remedy:
      'testpmd’s west port does not send: read its port information and extended statistics in the evidence',
    explains: LOST,
    find: (findings) => {
      const path = pathOf(findings)
      if (path === undefined || deadHop(path.there) !== 'inside') return undefined
      return {
        certainty: 'proved',
        sentence: `testpmd received ${grouped(path.there.vmRx)} ${path.packets} and forwarded 0`,
        evidence: pathEvidence(path),
      }
    },
  },
  {
    id: 'link-flapping',
    title: 'a link was lost for moments during the run',
    looksAt: 'carrier changes, dmesg, the packet counts of each second',
    provedBy: 'changes of a port’s carrier, or seconds in which packets were sent and none arrived',
    remedy:
      'look for link events on the nodes (`dmesg`, `ethtool <pf>`) and on the switch: a bad cable or transceiver, a port reset, a bond that fails over',
    explains: ['traffic.no-loss', 'traffic.no-return-loss', 'link.*'],
    find: (findings) => {
      const { traffic } = findings
      const path = pathOf(findings)
      if (traffic === undefined || path === undefined || deadHop(path.there) !== undefined) return undefined
      const spells = silentPeriods(traffic)
      const changes = ROLES.flatMap((role) =>
        (findings.guests[role]?.evidence?.pci ?? [])
          .filter(({ carrierChanges = 0 }) => carrierChanges > 2)
          .map(({ port, carrierChanges = 0 }) => ({
            where: `${port} port of the ${TITLES[role]}`,
            carrierChanges,
          })),
      )
      const lines = dmesgLines(findings, /link (?:is )?(?:not ready|down)|NIC Link is Down|carrier lost/i)
      const lost = lostEndToEnd(path.there)
      if (lost <= 0 || (spells.length === 0 && changes.length === 0)) return undefined
      const [change] = changes
      const silence = formatDuration(spells.reduce((sum, { from, to }) => sum + to - from, 0))
      const packets = spells.reduce((sum, spell) => sum + spell.packets, 0)
      return {
        certainty: change === undefined ? 'likely' : 'proved',
        sentence:
          change === undefined
            ? `for ${silence} of the run nothing arrived on the path ${spells[0]?.where ?? ''}, although ${plural(packets, 'packet was', 'packets were')} sent: a link was lost`
            : `the link of the ${change.where} went up and down (${change.carrierChanges} changes of its carrier), and ${plural(lost, 'packet was', 'packets were')} lost`,
        evidence: [
          ...changes.flatMap(({ where, carrierChanges }) =>
            evidence([`changes of the carrier of the ${where}`, carrierChanges]),
          ),
          ...evidence([
            'times in which nothing arrived',
            spells.map(({ from, to }) => `${formatDuration(from)} to ${formatDuration(to)}`).join(', '),
          ]),
          ...lines.slice(-3).map((line) => ({ what: 'dmesg', value: line })),
        ],
      }
    },
  },
  {
    id: 'foreign-frames',
    title: 'other hosts send to this network',
    looksAt: 'the ledger',
    provedBy:
      'more packets arrive than were sent, or packets arrive with sizes or addresses that the generator does not use',
    remedy:
      'give the checkup a network (VLAN) of its own: another host sends broadcasts or to unknown addresses, or uses the same MAC addresses',
    explains: ['traffic.no-loss', 'traffic.no-return-loss', 'traffic.no-rx-drops', 'traffic.no-tx-drops'],
    find: (findings) => {
      const path = pathOf(findings)
      if (path === undefined) return undefined
      const { generatorTx, vmRx, vmRxDropped, vmTx, generatorRx } = path.there
      const extra = Math.max(vmRx + vmRxDropped - generatorTx, generatorRx - vmTx)
      if (extra <= 0 || Math.max(vmRx - generatorTx, generatorRx - vmTx) <= 0) {
        const among = findings.traffic === undefined ? undefined : foreignAmong(findings.traffic)
        if (among === undefined) return undefined
        const sentence = `other hosts send to this network, and their frames hide a loss, because as many arrived as packets were lost: ${among}`
        return { certainty: 'proved', sentence, evidence: pathEvidence(path) }
      }
      return {
        certainty: 'proved',
        sentence: `${plural(extra, 'more packet')} arrived than the ${grouped(generatorTx)} that were sent: other hosts send to this network`,
        evidence: [
          ...pathEvidence(path),
          ...(findings.traffic?.directions === 2
            ? []
            : evidence(['from the west, where nothing is sent', path.back.vmRx])),
        ],
      }
    },
  },
  {
    id: 'lost-before-vm',
    title: 'the network loses packets on the way to the VM under test',
    looksAt: 'the ledger between the generator’s east port and the VM’s east port',
    provedBy: 'packets that no counter of the VMs accounts for',
    remedy:
      'compare the counters of both PFs and their switch ports (`ethtool -S <pf>`: drops, pause frames, CRC errors); suspect the switch’s capacity, flow control, or a VF’s rate limit (maxTxRate)',
    explains: ['traffic.no-loss', 'traffic.no-return-loss'],
    find: (findings) => lostOnTheWay(findings, 'toVm', 'between the traffic generator and the VM under test'),
  },
  {
    id: 'lost-behind-vm',
    title: 'the network loses packets on the way back to the traffic generator',
    looksAt: 'the ledger between the VM’s west port and the generator’s west port',
    provedBy: 'packets that the VM sent and the generator did not receive',
    remedy:
      'compare the counters of both PFs and their switch ports (`ethtool -S <pf>`: drops, CRC errors), and check the VF’s rate limit (maxTxRate) and the input errors of the generator’s port',
    explains: ['traffic.no-return-loss'],
    find: (findings) => lostOnTheWay(findings, 'back', 'between the VM under test and the traffic generator'),
  },
]

function lostOnTheWay(
  findings: Findings,
  hop: 'toVm' | 'back',
  where: string,
): ReturnType<CauseEntry['find']> {
  const path = pathOf(findings)
  if (path === undefined || deadHop(path.there) !== undefined) return undefined
  const lost = unaccounted(path.there)[hop]
  const sent = hop === 'toVm' ? path.there.generatorTx : path.there.vmTx
  if (lost === 0 || sent === 0) return undefined
  // The ledger has them on the way to the VM, though they reached its port.
  const { vmRxErrors = 0, vmRxNoMbuf = 0 } = findings.traffic?.ledger ?? {}
  if (hop === 'toVm' && vmRxErrors + vmRxNoMbuf >= lost) return undefined
  return {
    certainty: 'possible',
    sentence: `${grouped(lost)} of ${grouped(sent)} ${path.packets} (${percentText(lost / sent)}) were lost ${where}${findings.traffic?.directions === 2 ? `, from ${directionText(path)}` : ''}, and no counter of the VMs accounts for them`,
    evidence: pathEvidence(path),
  }
}
