/** Causes that only the ledgers of both directions show (`directions: 2`). */
import { grouped, plural } from '../../common/text.ts'
import {
  crossTalk,
  deadHop,
  directionText,
  lostEndToEnd,
  probedDirections,
  testedDirections,
  unaccounted,
  worstDirection,
} from '../../model/ledger.ts'
import { percentText } from '../../common/percent.ts'
import { type CauseEntry, evidence } from '../cause.ts'
import { pathEvidence } from './losses.ts'

/** A direction that lost at least this many times as many packets as the other counts as the only one. */
const ONE_WAY = 10

export const DIRECTION_CAUSES: readonly CauseEntry[] = [
  {
    id: 'directions-mixed',
    title: 'packets of one direction take the path of the other direction',
    looksAt: 'a low-rate probe of each direction by itself, and the ledgers of both directions',
    provedBy: 'the ports of the other direction counted packets that only one port sent',
    remedy:
      'these frames pass between the networks of the east and the west ports: look for a MAC address that a switch, or the NIC’s embedded switch, has learned on two ports (`bridge fdb show`, a bond, a mirror port), and put the east and the west ports on separate networks (VLANs)',
    explains: ['traffic.direction-balance', 'traffic.no-loss', 'traffic.no-return-loss', 'traffic.probe'],
    find: ({ traffic, probe }) => {
      if (traffic?.directions !== 2) return undefined
      const alone = probe === undefined ? [] : probedDirections(probe)
      const strayed = alone.map(({ from, counts, all }) => ({
        from,
        sent: counts.generatorTx,
        packets: crossTalk(all),
      }))
      const inTraffic = crossTalk(traffic.ledger)
      const [first] = strayed.filter(({ packets }) => packets > 0)
      if (first === undefined && inTraffic === 0) return undefined
      return {
        certainty: first === undefined ? 'likely' : 'proved',
        sentence:
          first === undefined
            ? `${plural(inTraffic, 'packet is', 'packets are')} missing in one direction and came in the other`
            : `${grouped(first.packets)} of ${plural(first.sent, 'packet')} that only the ${first.from} port sent arrived at the ports of the other direction`,
        evidence: evidence(
          ...strayed.map(({ from, packets }) => [`strayed of the ${from} port’s probe`, packets] as const),
          ['strayed of the timed traffic', inTraffic],
        ),
      }
    },
  },
  {
    id: 'lost-one-way',
    title: 'the network loses packets in one direction only',
    looksAt: 'the ledgers of both directions',
    provedBy:
      'both directions sent at the same rate; only one lost packets, and no counter of the VMs accounts for them',
    remedy:
      'both directions use the same ports and cables, in opposite order: check what only this direction uses, namely the TX side of its first VF and the RX side of its last VF (`ethtool -S <pf>` on both nodes: TX drops at the first, RX drops and CRC errors at the last), a rate limit of one VF (maxTxRate), and the switch’s queues for that port',
    explains: ['traffic.direction-balance', 'traffic.no-loss', 'traffic.no-return-loss'],
    find: ({ traffic }) => {
      if (traffic?.directions !== 2 || crossTalk(traffic.ledger) > 0) return undefined
      const worst = worstDirection(traffic)
      const [other] = testedDirections(traffic).filter(({ from }) => from !== worst.from)
      const { toVm, back } = unaccounted(worst.counts)
      const lost = lostEndToEnd(worst.counts)
      if (other === undefined || deadHop(worst.counts) !== undefined || toVm + back === 0) return undefined
      if (lostEndToEnd(other.counts) * ONE_WAY > lost) return undefined
      const where =
        toVm >= back
          ? 'between the traffic generator and the VM under test'
          : 'between the VM under test and the traffic generator'
      return {
        certainty: 'likely',
        sentence: `from ${directionText(worst)} ${grouped(lost)} of ${grouped(worst.counts.generatorTx)} packets (${percentText(lost / worst.counts.generatorTx)}) were lost, ${where}; from ${directionText(other)} ${grouped(lostEndToEnd(other.counts))} of ${grouped(other.counts.generatorTx)}`,
        evidence: [worst, other].flatMap(({ from, to, counts }) =>
          pathEvidence({ from, to, there: counts, back: counts, packets: 'packets' }),
        ),
      }
    },
  },
]
