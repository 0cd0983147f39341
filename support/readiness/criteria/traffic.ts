/** Packets received, dropped and lost on the path. */
import { assert } from 'chai'
import { grouped, plural } from '../../common/text.ts'
import { fullestQueue, spreadWarning } from '../../dataplane/testpmd/queue-spread.ts'
import { bytesOf } from '../../model/frame-bytes.ts'
import { foreignAmong } from '../../model/foreign-frames.ts'
import { framesText } from '../../model/frame.ts'
import {
  artefactDrops,
  crossTalk,
  type Direction,
  directionPrefix,
  directionText,
  type Losses,
  lossesOf,
  lossRatio,
  lostBetween,
  lostEndToEnd,
  probedDirections,
  testedDirections,
  worstDirection,
} from '../../model/ledger.ts'
import { fellShort } from '../../model/shortfall.ts'
import { percentText } from '../../common/percent.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import { shapeOf } from '../parameters.ts'
import { hopThatLosesAll } from '../probe.ts'
import { capturedFacts } from './captured-facts.ts'
import { areShortest, countedBytes } from './counted-bytes.ts'
import { AT_LIMIT, GENERATOR } from './generator.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

/**
 * With fewer flows per queue, chance decides how evenly RSS fills the queues: a queue with 1.5 times its share then proves
 * nothing.
 */
const FLOWS_OF_A_QUEUE = 64
/** Two directions whose loss ratios differ by less than this count as equal: it is the loss that a PDR allows. */
const BALANCED = 0.001

export const TRAFFIC: readonly ReadinessCriterion[] = [
  {
    id: 'traffic.probe',
    title: 'the path carries packets at a low rate',
    rationale: 'If even a few packets do not arrive, the cause is the path, not the load.',
    remediation: 'Follow the cause in the report: MAC addresses, VLANs, trust and spoof checking of the VFs.',
    mustIn: ['telco', 'performance'],
    stage: 'probed',
    judge: ({ probe, captured = [] }, record) => {
      if (probe === undefined) skipCriterion('the path was not probed: see the warnings')
      const probed = probedDirections(probe)
      const prefix = (direction: Direction) =>
        directionPrefix({ ledger: probe, directions: probed.length === 2 ? 2 : undefined }, direction)
      for (const direction of probed) {
        const { generatorTx: sent, vmRx, vmTx, generatorRx } = direction.counts
        const which = prefix(direction)
        record(`${which}sent by the traffic generator`, sent)
        record(`${which}received by the VM under test`, vmRx)
        record(`${which}forwarded by the VM under test`, vmTx)
        record(`${which}back at the traffic generator`, generatorRx)
        for (const reading of captured)
          if (reading.from === direction.from)
            for (const [what, value] of capturedFacts(reading)) record(`${which}${what}`, value)
      }
      if (probed.some(({ counts }) => counts.generatorTx === 0))
        skipCriterion('the traffic generator sent no packet')
      const dead = hopThatLosesAll(probe)
      if (dead === undefined) return
      const { generatorTx: sent, vmRx, vmTx } = dead.direction.counts
      const lostBy = {
        'to-vm': `all of ${grouped(sent)} packets at a low rate were lost between the traffic generator and the VM under test`,
        inside: `testpmd forwarded none of ${grouped(vmRx)} packets at a low rate`,
        back: `all of ${grouped(vmTx)} packets at a low rate were lost between the VM under test and the traffic generator`,
      }
      assert.fail(`${prefix(dead.direction)}${lostBy[dead.hop]}`)
    },
  },
  ...GENERATOR,
  {
    id: 'traffic.no-rx-drops',
    title: 'the VM under test drops no packets on receive',
    rationale: 'A VM that fetches its packets too late loses packets that the network delivered.',
    remediation: 'Isolate the CPUs, align the NUMA nodes, or give the VM more queues.',
    observed: {
      unit: 'packets',
      of: ({ traffic: { ledger } }) =>
        ledger.eastToWest.vmRxDropped + ledger.westToEast.vmRxDropped + ledger.vmRxErrors + ledger.vmRxNoMbuf,
    },
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
        `RX errors at the VM under test: ${[
          ...(vmRxErrors > 0 ? [plural(vmRxErrors, 'receive error')] : []),
          ...(vmRxNoMbuf > 0 ? [`${plural(vmRxNoMbuf, 'reception')} without a free mbuf`] : []),
        ].join(', ')}`,
      )
    },
  },
  {
    id: 'traffic.no-tx-drops',
    title: 'the VM under test drops no packets on send',
    rationale: 'Packets that the TX port does not accept are lost after testpmd forwarded them.',
    remediation: "Check the VF's rate limit (maxTxRate) and the TX rings.",
    observed: {
      unit: 'packets',
      of: ({ traffic: { ledger } }) => ledger.eastToWest.vmTxDropped + ledger.westToEast.vmTxDropped,
    },
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const dropped = traffic.ledger.eastToWest.vmTxDropped + traffic.ledger.westToEast.vmTxDropped
      record('dropped on transmit', dropped)
      assert(
        dropped === 0,
        `TX drops at the VM under test: ${plural(dropped, 'packet was', 'packets were')} forwarded by testpmd but not accepted by the port`,
      )
    },
  },
  {
    id: 'traffic.no-loss',
    title: 'the VM under test receives every packet sent',
    rationale: 'The network must deliver every packet to the VM.',
    remediation:
      "Check the switch, the VLAN, the MTU and the VF's rate limit; the ledger shows the hop that loses packets.",
    observed: {
      unit: 'packets',
      of: ({ traffic }) =>
        foreignAmong(traffic) === undefined ? lostBetween(traffic, ['generatorTx', 'vmRx']) : undefined,
    },
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      for (const direction of testedDirections(traffic)) {
        const which = directionPrefix(traffic, direction)
        record(`${which}sent by the traffic generator`, direction.counts.generatorTx)
        record(`${which}received by the VM under test`, direction.counts.vmRx)
      }
      for (const direction of testedDirections(traffic)) {
        const { generatorTx: sent, vmRx: received } = direction.counts
        const which = directionPrefix(traffic, direction)
        mustBeEqual(sent, received, 'between the traffic generator and the VM under test', which)
      }
      const foreign = foreignAmong(traffic)
      assert(
        foreign === undefined,
        `as many packets arrived as were sent, but foreign frames are among them (${foreign ?? ''}), so packets of the generator were lost`,
      )
      // Both counts are of the same packets, so at least one of them is wrong.
      const [contradiction] = traffic.contradictions ?? []
      if (contradiction !== undefined) throw new Error(`the counters contradict each other: ${contradiction}`)
    },
    explainedBy: ({ traffic }) => {
      const lossy = testedDirections(traffic)
        .map(({ counts }) => lossesOf(counts))
        .filter(({ toVm, rxDropped }) => toVm > 0 || rxDropped > 0)
      const isDropped = lossy.length > 0 && lossy.every(({ toVm, rxDropped }) => toVm <= 0 && rxDropped > 0)
      return isDropped ? 'traffic.no-rx-drops' : undefined
    },
  },
  {
    id: 'traffic.no-return-loss',
    title: 'every packet returns to the traffic generator',
    rationale: 'A path that loses packets on the way to the VM or back is not ready.',
    remediation: 'Find the hop that loses packets in the ledger.',
    observed: {
      unit: 'packets',
      of: ({ traffic }) => lostBetween(traffic, ['generatorTx', 'vmRx', 'vmTx', 'generatorRx']),
    },
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const tested = testedDirections(traffic)
      for (const direction of tested) {
        const { generatorTx: sent, vmTx, generatorRx: returned } = direction.counts
        const which = directionPrefix(traffic, direction)
        record(`${which}sent by the traffic generator`, sent)
        record(`${which}forwarded by the VM under test`, vmTx)
        record(`${which}back at the traffic generator`, returned)
      }
      // Packets that a busy generator did not receive look like packets that the network lost.
      const lost = tested.reduce((sum, { counts }) => sum + counts.generatorTx - counts.generatorRx, 0)
      if (lost > 0 && lost <= traffic.ledger.generatorInputErrors && fellShort(traffic))
        inconclusive(`the traffic generator dropped ${plural(lost, 'packet')} that came back: ${AT_LIMIT}`)
      for (const direction of tested) {
        const { generatorTx: sent, vmRx, vmTx, generatorRx: returned } = direction.counts
        const which = directionPrefix(traffic, direction)
        mustBeEqual(sent, returned, 'end to end', which)
        // Foreign frames can hide a loss in the totals, so each hop is judged separately.
        mustBeEqual(vmRx, vmTx, 'inside the VM under test', which)
        mustBeEqual(vmTx, returned, 'between the VM under test and the traffic generator', which)
      }
    },
    explainedBy: ({ traffic }) => {
      const losses = testedDirections(traffic).map(({ counts }) => lossesOf(counts))
      const some = (is: (each: Losses) => boolean) => losses.some(is)
      // Only this criterion shows a loss behind the VM's counters.
      if (some(({ inside, back }) => inside !== 0 || back !== 0)) return undefined
      if (some(({ toVm }) => toVm > 0)) return 'traffic.no-loss'
      if (some(({ rxDropped }) => rxDropped > 0)) return 'traffic.no-rx-drops'
      // More packets arrived than were sent: foreign frames, which are forwarded too.
      if (some(({ toVm }) => toVm < 0)) return 'traffic.no-loss'
      return some(({ txDropped }) => txDropped > 0) ? 'traffic.no-tx-drops' : undefined
    },
  },
  {
    id: 'traffic.direction-balance',
    title: 'both directions carry their own packets, equally well',
    rationale: 'If one direction loses more than the other, one port, one VF or one path is at fault.',
    remediation: 'Compare ports, VFs and VLANs of both directions.',
    isEssential: true,
    stage: 'measured',
    onlyIf: { parameter: 'directions', isAsked: ({ directions }) => directions === 2 },
    judge: ({ traffic, probe }, record) => {
      const tested = testedDirections(traffic)
      for (const direction of tested)
        record(
          `${directionText(direction)}, lost`,
          `${grouped(lostEndToEnd(direction.counts))} of ${plural(direction.counts.generatorTx, 'packet')}`,
        )
      if (tested.some(({ counts }) => counts.generatorTx === 0))
        skipCriterion('the traffic generator sent in one direction only')
      for (const { all, ...direction } of probe === undefined ? [] : probedDirections(probe)) {
        const strayed = crossTalk(all)
        record(`low rate, ${directionText(direction)}, at the ports of the other direction`, strayed)
        assert(
          strayed === 0,
          `cross-talk: ${grouped(strayed)} of ${plural(direction.counts.generatorTx, 'packet')} that only the ${direction.from} port sent took the path of the other direction`,
        )
      }
      const strayed = crossTalk(traffic.ledger)
      record('at the ports of the other direction', strayed)
      assert(
        strayed === 0,
        `cross-talk: ${plural(strayed, 'packet is', 'packets are')} missing in one direction, and the other direction has as many too many`,
      )
      const worst = worstDirection(traffic)
      const [other = worst] = tested.filter(({ from }) => from !== worst.from)
      assert(
        lossRatio(worst) - lossRatio(other) <= BALANCED,
        `${directionText(worst)} loses ${percentText(lossRatio(worst))} of its packets, ${directionText(other)} ${percentText(lossRatio(other))}`,
      )
    },
  },
  {
    id: 'traffic.queue-spread',
    title: 'packets are spread over the RX queues of the VM under test',
    rationale: 'If all packets go to one RX queue, only one of the polling CPUs works.',
    remediation: 'Enable RSS over UDP ports on the NIC, or send more flows.',
    informs: true,
    stage: 'measured',
    onlyIf: {
      parameter: 'flows',
      isAsked: (parameters) => parameters.flows >= FLOWS_OF_A_QUEUE * shapeOf(parameters).cpus.queues,
    },
    judge: ({ traffic: { queues, ...traffic } }, record) => {
      if (queues === undefined || queues.received.length === 0)
        skipCriterion('testpmd counted no packets by RX queue')
      record('queues', queues.configured)
      for (const { from } of testedDirections(traffic)) {
        const fullest = fullestQueue(queues, from)
        if (fullest === undefined) continue
        const { queue, packets, total, timesMean } = fullest
        record(
          `fullest queue of the ${from} port`,
          `queue ${queue}: ${grouped(packets)} of ${plural(total, 'packet')}, ${timesMean.toFixed(2)} times the mean`,
        )
      }
      for (const { from } of testedDirections(traffic)) {
        const uneven = spreadWarning(queues, from)
        if (uneven !== undefined) skipCriterion(uneven)
      }
    },
  },
  {
    id: 'traffic.frame-size',
    title: 'frames keep their length on the way',
    rationale: 'A network that cuts or pads frames damages the frames of workloads.',
    remediation: 'Check the MTU, and look for a device that adds or removes VLAN tags.',
    mustIn: ['telco', 'performance'],
    stage: 'measured',
    onlyIf: { parameter: 'frameSize', isAsked: ({ frameSize }) => !areShortest(frameSize) },
    judge: ({ traffic, parameters: { frameSize } }, record) => {
      record('sent', framesText(frameSize))
      const means = testedDirections(traffic).flatMap((direction) => {
        const { vmRx, vmTx } = direction.counts
        const bytes = bytesOf(traffic, direction)
        if (bytes === undefined || vmRx === 0 || vmTx === 0) return []
        const which = traffic.directions === 2 ? `, ${directionText(direction)}` : ''
        return [
          { at: `received by the VM under test${which}`, mean: bytes.rx / vmRx },
          { at: `forwarded by the VM under test${which}`, mean: bytes.tx / vmTx },
        ]
      })
      if (means.length < 2 * testedDirections(traffic).length)
        skipCriterion('testpmd counted no bytes of frames')
      for (const { at, mean } of means) record(at, `${mean.toFixed(1)} bytes a frame`)
      const [least, most] = countedBytes(frameSize)
      const comma = traffic.directions === 2 ? ',' : ''
      for (const { at, mean } of means) {
        if (mean === 0) skipCriterion(`the driver counts no bytes of frames ${at}`)
        assert(
          mean >= least && mean <= most,
          `frames ${at}${comma} have ${mean.toFixed(1)} bytes on average instead of ${least.toFixed(1)} to ${most.toFixed(1)}`,
        )
      }
    },
  },
]

/** @param which the direction, as a prefix */
function mustBeEqual(sent: number, arrived: number, where: string, which: string): void {
  if (sent === 0) skipCriterion(`${which}no packet was sent`)
  assert(
    arrived >= sent,
    `${which}${grouped(sent - arrived)} of ${plural(sent, 'packet')} ${sent - arrived === 1 ? 'was' : 'were'} lost ${where}`,
  )
  assert(
    arrived <= sent,
    `${which}${grouped(arrived - sent)} more packets arrived than the ${grouped(sent)} sent, ${where}: foreign frames`,
  )
}
