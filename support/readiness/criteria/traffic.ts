/** What became of the packets. */
import { assert } from 'chai'
import { formatDuration } from '../../common/duration.ts'
import { plural } from '../../common/text.ts'
import { foreignAmong } from '../../model/foreign-frames.ts'
import { artefactDrops } from '../../model/ledger.ts'
import { askedPackets, fellShort, shortfallWords } from '../../model/shortfall.ts'
import { inconclusive, notJudged } from '../../run/criterion.ts'
import { hopThatLosesAll } from '../probe.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

const TOO_MUCH = 'which had more to do than it can (traffic.rate-reached)'

export const TRAFFIC: readonly ReadinessCriterion[] = [
  {
    id: 'traffic.probe',
    title: 'the path carries packets at a low rate',
    stage: 'probed',
    judge: ({ probe }, witness) => {
      if (probe === undefined) notJudged('the path was not probed, see the warnings')
      const { generatorTx: sent, vmRx, vmTx, generatorRx } = probe.eastToWest
      witness('sent by the traffic generator', sent)
      witness('received by the VM under test', vmRx)
      witness('sent on by the VM under test', vmTx)
      witness('back at the traffic generator', generatorRx)
      if (sent === 0) notJudged('the traffic generator sent no packet')
      const lostBy = {
        'to-vm': `all of ${sent} packets at a low rate were lost between the traffic generator and the VM under test`,
        inside: `testpmd sent none of ${vmRx} packets at a low rate on`,
        back: `all of ${vmTx} packets at a low rate were lost between the VM under test and the traffic generator`,
      }
      const hop = hopThatLosesAll(probe)
      assert(hop === undefined, hop === undefined ? '' : lostBy[hop])
    },
  },
  {
    id: 'traffic.packets-sent',
    title: 'the traffic generator sends packets',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const sent = traffic.ledger.eastToWest.generatorTx
      witness('engine', traffic.engine)
      witness('sent from the east port', sent)
      if (sent === 0) inconclusive('the traffic generator sent no packet')
    },
  },
  {
    id: 'traffic.rate-reached',
    title: 'the traffic generator reaches the requested rate',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { achievedPacketsPerSecond: achieved, requestedPacketsPerSecond: requested, shortfall } = traffic
      witness('requested', `${requested} packets per second`)
      witness('achieved', `${achieved} packets per second`)
      shortfall.forEach((line) => {
        witness('the generator says', line)
      })
      const { generatorTx: sent } = traffic.ledger.eastToWest
      witness('sent', `${sent} of ${askedPackets(traffic)} packets`)
      witness('sent for', formatDuration(traffic.sentFor))
      witness('asked for', formatDuration(traffic.requestedDuration))
      if (fellShort(traffic)) inconclusive(`the traffic generator fell short: ${shortfallWords(traffic)}`)
    },
  },
  {
    id: 'traffic.no-output-errors',
    title: 'the traffic generator sends without errors',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { generatorOutputErrors: errors } = traffic.ledger
      witness('output errors', errors)
      const complaint = `the traffic generator could not send ${plural(errors, 'packet')}`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${complaint}, ${TOO_MUCH}`)
      assert(errors === 0, complaint)
    },
  },
  {
    id: 'traffic.no-input-errors',
    title: 'the traffic generator receives without errors',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { generatorInputErrors: errors } = traffic.ledger
      witness('input errors', errors)
      const complaint = `${plural(errors, 'packet')} reached the traffic generator damaged or found no room there`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${complaint}, ${TOO_MUCH}`)
      assert(errors === 0, complaint)
    },
  },
  {
    id: 'traffic.no-rx-drops',
    title: 'the VM under test drops no packets on receive',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { eastToWest, westToEast, vmRxErrors, vmRxNoMbuf } = traffic.ledger
      const dropped = eastToWest.vmRxDropped + westToEast.vmRxDropped
      witness('dropped on receive (imissed)', dropped)
      witness('receive errors', vmRxErrors)
      witness('receptions without a free mbuf', vmRxNoMbuf)
      // Counted though every packet came back: a warning tells of it.
      assert(
        dropped === artefactDrops(traffic.ledger),
        `RX drops at the VM under test: ${plural(dropped, 'packet was', 'packets were')} not fetched from its ports in time (imissed)`,
      )
      assert(
        vmRxErrors + vmRxNoMbuf === 0,
        `RX errors at the VM under test: ${plural(vmRxErrors, 'receive error')}, ${plural(vmRxNoMbuf, 'reception')} without a free mbuf`,
      )
    },
  },
  {
    id: 'traffic.no-tx-drops',
    title: 'the VM under test drops no packets on send',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const dropped = traffic.ledger.eastToWest.vmTxDropped + traffic.ledger.westToEast.vmTxDropped
      witness('dropped on transmit', dropped)
      assert(
        dropped === 0,
        `TX drops at the VM under test: ${plural(dropped, 'packet was', 'packets were')} forwarded by testpmd and not taken by the port`,
      )
    },
  },
  {
    id: 'traffic.no-loss',
    title: 'the VM under test receives every packet sent',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { generatorTx: sent, vmRx: received } = traffic.ledger.eastToWest
      witness('sent by the traffic generator', sent)
      witness('received by the VM under test', received)
      mustBeEqual(sent, received, 'between the traffic generator and the VM under test')
      const foreign = foreignAmong(traffic)
      assert(
        foreign === undefined,
        `as many packets arrived as were sent, with foreign frames among them (${foreign ?? ''}): as many of the generator's were lost`,
      )
      // Both counts are of the same packets: by one of them this may have been missed.
      const [contradiction] = traffic.contradictions ?? []
      if (contradiction !== undefined) throw new Error(`the counters contradict each other: ${contradiction}`)
    },
  },
  {
    id: 'traffic.no-return-loss',
    title: 'every packet returns to the traffic generator',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, witness) => {
      const { generatorTx: sent, vmTx, generatorRx: returned } = traffic.ledger.eastToWest
      witness('sent by the traffic generator', sent)
      witness('sent on by the VM under test', vmTx)
      witness('back at the traffic generator', returned)
      // Of packets that came back to a generator too busy to take them nobody can say who lost them.
      const lost = sent - returned
      if (lost > 0 && lost <= traffic.ledger.generatorInputErrors && fellShort(traffic))
        inconclusive(
          `${plural(lost, 'packet came back and was', 'packets came back and were')} not taken by the traffic generator, ${TOO_MUCH}`,
        )
      mustBeEqual(sent, returned, 'on the whole way')
      // What is lost behind one counter and made up for by foreign frames at the next is no return.
      const { vmRx } = traffic.ledger.eastToWest
      mustBeEqual(vmRx, vmTx, 'inside the VM under test')
      mustBeEqual(vmTx, returned, 'between the VM under test and the traffic generator')
    },
  },
]

function mustBeEqual(sent: number, arrived: number, where: string): void {
  if (sent === 0) notJudged('no packet was sent')
  assert(
    arrived >= sent,
    `${sent - arrived} of ${plural(sent, 'packet')} ${sent - arrived === 1 ? 'was' : 'were'} lost ${where}`,
  )
  assert(
    arrived <= sent,
    `${arrived - sent} more packets arrived than the ${sent} sent, ${where}: foreign frames`,
  )
}
