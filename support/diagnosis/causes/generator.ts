/** What the traffic generator itself falls short of. It is not the cluster's data plane that is judged then. */
import { RATE_TO_REACH, askedPackets, fellShort, shortfallWords } from '../../model/shortfall.ts'
import { plural } from '../../common/text.ts'
import { formatDuration } from '../../common/duration.ts'
import { type CauseEntry, evidence } from '../cause.ts'

export const GENERATOR_CAUSES: readonly CauseEntry[] = [
  {
    id: 'generator-sends-nothing',
    title: 'the traffic generator sends nothing',
    looksAt: 'the generator’s own counters',
    provedBy: 'it says that it sends, and its port counted no packet',
    remedy:
      'see the generator’s words and its guest’s `dmesg`: a port without link, a target address it can not resolve, a driver that refuses its packets',
    explains: ['traffic.packets-sent', 'traffic.rate-reached', 'traffic.probe'],
    find: ({ traffic }) => {
      if (traffic?.ledger.eastToWest.generatorTx !== 0) return undefined
      return {
        certainty: 'proved',
        sentence: `${traffic.engine} ran for ${formatDuration(traffic.sentFor)} and sent 0 packets`,
        evidence: evidence(['engine', traffic.engine], ['its words', traffic.shortfall.join('; ')]),
      }
    },
  },
  {
    id: 'generator-too-slow',
    title: 'the traffic generator cannot reach the rate',
    looksAt: 'the packets it sent and the time it took, its load and full queues',
    provedBy: `less than ${RATE_TO_REACH * 100} % of the rate asked for, or its own word that it was at its limit`,
    remedy:
      'ask for a lower rate (spec.param.trafficGenPacketsPerSecond), use TRex where kernel pktgen sends, or give the generator’s VM better CPUs: the cluster was not judged at the rate asked for',
    explains: ['traffic.rate-reached'],
    find: ({ traffic }) => {
      if (traffic === undefined || traffic.ledger.eastToWest.generatorTx === 0) return undefined
      if (!fellShort(traffic)) return undefined
      const { requestedDuration, sentFor, shortfall } = traffic
      return {
        certainty: 'proved',
        sentence: `the traffic generator fell short: ${shortfallWords(traffic)}`,
        evidence: evidence(
          ['sent', `${traffic.ledger.eastToWest.generatorTx} of ${askedPackets(traffic)} packets`],
          ['in', `${formatDuration(sentFor)}, ${formatDuration(requestedDuration)} were asked for`],
          ...shortfall.map((words) => ['the generator says', words] as const),
        ),
      }
    },
  },
  {
    id: 'generator-output-errors',
    title: 'the traffic generator’s port does not take all its packets',
    looksAt: 'output errors of the generator’s ports',
    provedBy: 'output errors above 0',
    remedy:
      'its port sends more slowly than its CPUs make packets: see a VF’s rate limit (maxTxRate), pause frames from the switch, and ask for a lower rate',
    explains: ['traffic.no-output-errors'],
    find: ({ traffic }) => {
      const errors = traffic?.ledger.generatorOutputErrors ?? 0
      if (errors === 0) return undefined
      return {
        certainty: 'proved',
        sentence: `the ports of the traffic generator did not take ${plural(errors, 'packet')}`,
        evidence: evidence(['output errors', errors]),
      }
    },
  },
  {
    id: 'generator-input-errors',
    title: 'packets come back damaged, or find no room at the generator',
    looksAt: 'input errors of the generator’s ports',
    provedBy: 'input errors above 0',
    remedy:
      'damaged packets are a matter of cables, transceivers and MTU (`ethtool -S <pf>`: CRC errors); no room is one of the generator’s CPUs, which then do not fetch what comes back',
    explains: ['traffic.no-input-errors', 'traffic.no-return-loss'],
    find: ({ traffic }) => {
      const errors = traffic?.ledger.generatorInputErrors ?? 0
      if (errors === 0) return undefined
      return {
        certainty: 'proved',
        sentence: `${plural(errors, 'packet')} reached the traffic generator damaged, or found no room there`,
        evidence: evidence(['input errors', errors]),
      }
    },
  },
]
