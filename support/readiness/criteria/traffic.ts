/** Packets sent, received, dropped and lost. */
import { assert } from 'chai'
import { formatDuration } from '../../common/duration.ts'
import { plural } from '../../common/text.ts'
import { foreignAmong } from '../../model/foreign-frames.ts'
import {
  areOfOneSize,
  DEFAULT_FRAMES,
  FCS_BYTES,
  type Frames,
  framesText,
  meanBytes,
} from '../../model/frame.ts'
import { artefactDrops, lossesOf } from '../../model/ledger.ts'
import { askedPackets, fellShort, shortfallText } from '../../model/shortfall.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import { hopThatLosesAll } from '../probe.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

const TOO_MUCH = 'it was at its limit (traffic.rate-reached)'

export const TRAFFIC: readonly ReadinessCriterion[] = [
  {
    id: 'traffic.probe',
    title: 'the path carries packets at a low rate',
    stage: 'probed',
    judge: ({ probe }, record) => {
      if (probe === undefined) skipCriterion('the path was not probed, see the warnings')
      const { generatorTx: sent, vmRx, vmTx, generatorRx } = probe.eastToWest
      record('sent by the traffic generator', sent)
      record('received by the VM under test', vmRx)
      record('forwarded by the VM under test', vmTx)
      record('back at the traffic generator', generatorRx)
      if (sent === 0) skipCriterion('the traffic generator sent no packet')
      const lostBy = {
        'to-vm': `all of ${sent} packets at a low rate were lost between the traffic generator and the VM under test`,
        inside: `testpmd forwarded none of ${vmRx} packets at a low rate`,
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
    judge: ({ traffic }, record) => {
      const sent = traffic.ledger.eastToWest.generatorTx
      record('engine', traffic.engine)
      record('sent from the east port', sent)
      if (sent === 0) inconclusive('the traffic generator sent no packet')
    },
  },
  {
    id: 'traffic.rate-reached',
    title: 'the traffic generator reaches the requested rate',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { achievedPacketsPerSecond: achieved, requestedPacketsPerSecond: requested, shortfall } = traffic
      record('requested', `${requested} packets per second`)
      record('achieved', `${achieved} packets per second`)
      shortfall.forEach((line) => {
        record('the generator says', line)
      })
      const { generatorTx: sent } = traffic.ledger.eastToWest
      record('sent', `${sent} of ${askedPackets(traffic)} packets`)
      record('sent for', formatDuration(traffic.sentFor))
      record('asked for', formatDuration(traffic.requestedDuration))
      if (fellShort(traffic)) inconclusive(`the traffic generator fell short: ${shortfallText(traffic)}`)
    },
  },
  {
    id: 'traffic.no-output-errors',
    title: 'the traffic generator sends without errors',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorOutputErrors: errors } = traffic.ledger
      record('output errors', errors)
      const complaint = `the traffic generator could not send ${plural(errors, 'packet')}`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${complaint}: ${TOO_MUCH}`)
      assert(errors === 0, complaint)
    },
  },
  {
    id: 'traffic.no-input-errors',
    title: 'the traffic generator receives without errors',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorInputErrors: errors } = traffic.ledger
      record('input errors', errors)
      const complaint = `${plural(errors, 'packet')} reached the traffic generator damaged or did not fit into its RX ring`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${complaint}: ${TOO_MUCH}`)
      assert(errors === 0, complaint)
    },
  },
  {
    id: 'traffic.no-rx-drops',
    title: 'the VM under test drops no packets on receive',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { eastToWest, westToEast, vmRxErrors, vmRxNoMbuf } = traffic.ledger
      const dropped = eastToWest.vmRxDropped + westToEast.vmRxDropped
      record('dropped on receive (imissed)', dropped)
      record('receive errors', vmRxErrors)
      record('receptions without a free mbuf', vmRxNoMbuf)
      // Drops were counted although every packet came back, so this is only a warning.
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
    judge: ({ traffic }, record) => {
      const dropped = traffic.ledger.eastToWest.vmTxDropped + traffic.ledger.westToEast.vmTxDropped
      record('dropped on transmit', dropped)
      assert(
        dropped === 0,
        `TX drops at the VM under test: ${plural(dropped, 'packet was', 'packets were')} forwarded by testpmd and not accepted by the port`,
      )
    },
  },
  {
    id: 'traffic.no-loss',
    title: 'the VM under test receives every packet sent',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorTx: sent, vmRx: received } = traffic.ledger.eastToWest
      record('sent by the traffic generator', sent)
      record('received by the VM under test', received)
      mustBeEqual(sent, received, 'between the traffic generator and the VM under test')
      const foreign = foreignAmong(traffic)
      assert(
        foreign === undefined,
        `as many packets arrived as were sent, with foreign frames among them (${foreign ?? ''}): as many of the generator's were lost`,
      )
      // Both counts are of the same packets, so at least one of them is wrong.
      const [contradiction] = traffic.contradictions ?? []
      if (contradiction !== undefined) throw new Error(`the counters contradict each other: ${contradiction}`)
    },
    explainedBy: ({ traffic }) => {
      const { toVm, rxDropped } = lossesOf(traffic.ledger.eastToWest)
      return toVm <= 0 && rxDropped > 0 ? 'traffic.no-rx-drops' : undefined
    },
  },
  {
    id: 'traffic.no-return-loss',
    title: 'every packet returns to the traffic generator',
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorTx: sent, vmTx, generatorRx: returned } = traffic.ledger.eastToWest
      record('sent by the traffic generator', sent)
      record('forwarded by the VM under test', vmTx)
      record('back at the traffic generator', returned)
      // Packets that a busy generator did not receive look like packets lost on the way.
      const lost = sent - returned
      if (lost > 0 && lost <= traffic.ledger.generatorInputErrors && fellShort(traffic))
        inconclusive(
          `${plural(lost, 'packet came back and was', 'packets came back and were')} not received by the traffic generator: ${TOO_MUCH}`,
        )
      mustBeEqual(sent, returned, 'end to end')
      // Foreign frames can hide a loss in the totals, so each hop is judged by itself.
      const { vmRx } = traffic.ledger.eastToWest
      mustBeEqual(vmRx, vmTx, 'inside the VM under test')
      mustBeEqual(vmTx, returned, 'between the VM under test and the traffic generator')
    },
    explainedBy: ({ traffic }) => {
      const { toVm, rxDropped, inside, txDropped, back } = lossesOf(traffic.ledger.eastToWest)
      // Only this criterion shows a loss behind the VM's counters.
      if (inside !== 0 || back !== 0) return undefined
      if (toVm > 0) return 'traffic.no-loss'
      if (rxDropped > 0) return 'traffic.no-rx-drops'
      // More packets arrived than were sent: foreign frames, which are forwarded too.
      if (toVm < 0) return 'traffic.no-loss'
      return txDropped > 0 ? 'traffic.no-tx-drops' : undefined
    },
  },
  {
    id: 'traffic.frame-size',
    title: 'frames arrive and leave as long as they were sent',
    stage: 'measured',
    onlyIf: { parameter: 'frameSize', isAsked: ({ frameSize }) => !areShortest(frameSize) },
    judge: ({ traffic, parameters: { frameSize } }, record) => {
      const { vmBytes, ledger } = traffic
      const { vmRx, vmTx } = ledger.eastToWest
      record('sent', framesText(frameSize))
      if (vmBytes === undefined || vmRx === 0 || vmTx === 0)
        skipCriterion('no frame was counted with its bytes')
      const means = [
        { at: 'received by the VM under test', mean: vmBytes.eastRx / vmRx },
        { at: 'forwarded by the VM under test', mean: vmBytes.westTx / vmTx },
      ]
      for (const { at, mean } of means) record(at, `${mean.toFixed(1)} bytes a frame`)
      const [least, most] = countedBytes(frameSize)
      for (const { at, mean } of means) {
        if (mean === 0) skipCriterion(`the driver counts no bytes of frames ${at}`)
        assert(
          mean >= least && mean <= most,
          `frames ${at} have ${mean.toFixed(1)} bytes by the mean instead of ${least.toFixed(1)} to ${most.toFixed(1)}`,
        )
      }
    },
  },
]

/** Whether all frames have the minimum size, so that nothing can truncate them. */
function areShortest(frames: Frames): boolean {
  return meanBytes(frames) === meanBytes(DEFAULT_FRAMES)
}

/**
 * Engines that choose among several sizes by chance, or in whole percent, are off by so much (kernel pktgen: 2.3 %).
 */
const MIX_TOLERANCE = 0.04
/** Some drivers count it. */
const VLAN_TAG_BYTES = 4

/** The mean of a frame's bytes as drivers may count them: some include the FCS or a VLAN tag, others do not. */
function countedBytes(frames: Frames): readonly [least: number, most: number] {
  const mean = meanBytes(frames)
  const tolerance = areOfOneSize(frames) ? 0 : mean * MIX_TOLERANCE
  return [mean - FCS_BYTES - tolerance, mean + VLAN_TAG_BYTES + tolerance]
}

function mustBeEqual(sent: number, arrived: number, where: string): void {
  if (sent === 0) skipCriterion('no packet was sent')
  assert(
    arrived >= sent,
    `${sent - arrived} of ${plural(sent, 'packet')} ${sent - arrived === 1 ? 'was' : 'were'} lost ${where}`,
  )
  assert(
    arrived <= sent,
    `${arrived - sent} more packets arrived than the ${sent} sent, ${where}: foreign frames`,
  )
}
