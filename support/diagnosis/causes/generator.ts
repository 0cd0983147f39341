/** The traffic generator itself falls short: such a run does not judge the cluster's data plane. */
import { testedDirections } from '../../model/ledger.ts'
import { RATE_TO_REACH, askedPackets, fellShort, shortfallText } from '../../model/shortfall.ts'
import { grouped, plural } from '../../common/text.ts'
import { formatDuration } from '../../common/duration.ts'
import { type CauseEntry, evidence } from '../cause.ts'

export const GENERATOR_CAUSES: readonly CauseEntry[] = [
  {
    id: 'generator-sends-nothing',
    title: 'the traffic generator sends nothing',
    looksAt: 'the generator’s own counters',
    provedBy: 'the generator reports that it sends, but its port counted no packet',
    remedy:
      'read the generator’s output and its guest’s `dmesg`: a port has no link, a target address cannot be resolved, or a driver refuses the packets',
    explains: ['traffic.packets-sent', 'traffic.rate-reached', 'traffic.probe'],
    find: ({ traffic }) => {
      if (traffic === undefined || testedDirections(traffic).every(({ counts }) => counts.generatorTx > 0))
        return undefined
      return {
        certainty: 'proved',
        sentence: `${traffic.engine} ran for ${formatDuration(traffic.sentFor)} and sent 0 packets`,
        evidence: evidence(['engine', traffic.engine], ['its messages', traffic.shortfall.join('; ')]),
      }
    },
  },
  {
    id: 'generator-too-slow',
    title: 'the traffic generator cannot reach the rate',
    looksAt: 'how many packets the generator sent in which time, its load and its full queues',
    provedBy: `less than ${RATE_TO_REACH * 100} % of the requested rate, or the generator’s own report that it was at its limit`,
    remedy:
      'request a lower rate (spec.param.trafficGenPacketsPerSecond), give the generator’s VM faster CPUs, or, if the engine is the kernel’s pktgen, use TRex; this run did not judge the cluster at the requested rate',
    explains: ['traffic.rate-reached'],
    find: ({ traffic }) => {
      if (traffic === undefined || traffic.ledger.eastToWest.generatorTx === 0) return undefined
      if (!fellShort(traffic)) return undefined
      const { requestedDuration, sentFor, shortfall } = traffic
      return {
        certainty: 'proved',
        sentence: `the traffic generator fell short: ${shortfallText(traffic)}`,
        evidence: evidence(
          [
            'sent',
            `${grouped(traffic.ledger.eastToWest.generatorTx)} of ${grouped(askedPackets(traffic))} packets`,
          ],
          ['in', `${formatDuration(sentFor)}, ${formatDuration(requestedDuration)} requested`],
          ...shortfall.map((text) => ['the generator says', text] as const),
        ),
      }
    },
  },
  {
    id: 'generator-output-errors',
    title: 'the traffic generator’s port does not accept all its packets',
    looksAt: 'output errors of the generator’s ports',
    provedBy: 'output errors above 0',
    remedy:
      'the port sends more slowly than its CPUs produce packets: check the VF’s rate limit (maxTxRate) and pause frames from the switch, or request a lower rate',
    explains: ['traffic.no-output-errors'],
    find: ({ traffic }) => {
      const errors = traffic?.ledger.generatorOutputErrors ?? 0
      if (errors === 0) return undefined
      return {
        certainty: 'proved',
        sentence: `the ports of the traffic generator did not accept ${plural(errors, 'packet')}`,
        evidence: evidence(['output errors', errors]),
      }
    },
  },
  {
    id: 'generator-input-errors',
    title: 'packets come back damaged, or the generator drops them',
    looksAt: 'input errors of the generator’s ports',
    provedBy: 'input errors above 0',
    remedy:
      'if packets are damaged, check cables, transceivers and MTU (`ethtool -S <pf>`: CRC errors); if the RX ring of the generator’s port was full, the generator’s CPUs fetched the returning packets too slowly',
    explains: ['traffic.no-input-errors', 'traffic.no-return-loss'],
    find: ({ traffic }) => {
      const errors = traffic?.ledger.generatorInputErrors ?? 0
      if (errors === 0) return undefined
      return {
        certainty: 'proved',
        sentence: `${plural(errors, 'packet')} reached the traffic generator damaged, or did not fit into its RX ring`,
        evidence: evidence(['input errors', errors]),
      }
    },
  },
]
