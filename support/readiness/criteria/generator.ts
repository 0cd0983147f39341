/** What the traffic generator sent and received: its own limits must not count against the cluster. */
import { assert } from 'chai'
import { formatDuration } from '../../common/duration.ts'
import { grouped, plural } from '../../common/text.ts'
import { directionPrefix, testedDirections } from '../../model/ledger.ts'
import { askedPackets, fellShort, shortfallText } from '../../model/shortfall.ts'
import { inconclusive } from '../../run/criterion.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

/** Why a packet that the generator could not send or receive says nothing about the cluster. */
export const AT_LIMIT = 'it was at its limit (traffic.rate-reached)'

export const GENERATOR: readonly ReadinessCriterion[] = [
  {
    id: 'traffic.packets-sent',
    title: 'the traffic generator sends packets',
    rationale: 'A run without packets tests nothing.',
    remediation: 'Read the traffic generator’s messages in the report.',
    guardsHonesty: true,
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      record('engine', traffic.engine)
      for (const { from, counts } of testedDirections(traffic))
        record(`sent from the ${from} port`, counts.generatorTx)
      const silent = testedDirections(traffic).find(({ counts }) => counts.generatorTx === 0)
      if (silent !== undefined)
        inconclusive(
          `the traffic generator sent no packet${traffic.directions === 2 ? ` from its ${silent.from} port` : ''}`,
        )
    },
  },
  {
    id: 'traffic.rate-reached',
    title: 'the traffic generator reaches the requested rate',
    rationale: 'A generator that sends more slowly does not test the requested rate.',
    remediation: 'Give the generator more CPUs, or request a lower rate.',
    guardsHonesty: true,
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { achievedPacketsPerSecond: achieved, requestedPacketsPerSecond: requested, shortfall } = traffic
      record('requested', `${grouped(requested)} packets per second`)
      record('achieved', `${grouped(achieved)} packets per second`)
      shortfall.forEach((line) => {
        record('the generator says', line)
      })
      for (const direction of testedDirections(traffic))
        record(
          `${directionPrefix(traffic, direction)}sent`,
          `${grouped(direction.counts.generatorTx)} of ${grouped(askedPackets(traffic))} packets`,
        )
      record('sent for', formatDuration(traffic.sentFor))
      record('asked for', formatDuration(traffic.requestedDuration))
      if (fellShort(traffic)) inconclusive(`the traffic generator fell short: ${shortfallText(traffic)}`)
    },
  },
  {
    id: 'traffic.no-output-errors',
    title: 'the traffic generator sends without errors',
    rationale: 'Packets that the generator never sent must not count as losses of the cluster.',
    remediation: "Check the links and the drivers of the generator's ports.",
    guardsHonesty: true,
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorOutputErrors: errors } = traffic.ledger
      record('output errors', errors)
      const message = `the traffic generator could not send ${plural(errors, 'packet')}`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${message}: ${AT_LIMIT}`)
      assert(errors === 0, message)
    },
  },
  {
    id: 'traffic.no-input-errors',
    title: 'the traffic generator receives without errors',
    rationale: 'Packets that the generator did not receive look like losses of the cluster.',
    remediation: "Check cables and the generator's RX rings.",
    observed: { unit: 'packets', of: ({ traffic }) => traffic.ledger.generatorInputErrors },
    isEssential: true,
    stage: 'measured',
    judge: ({ traffic }, record) => {
      const { generatorInputErrors: errors } = traffic.ledger
      record('input errors', errors)
      const message = `${plural(errors, 'packet')} reached the traffic generator damaged, or did not fit into its RX ring`
      if (errors > 0 && fellShort(traffic)) inconclusive(`${message}: ${AT_LIMIT}`)
      assert(errors === 0, message)
    },
  },
]
