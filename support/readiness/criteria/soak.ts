/** Whether the path carries a load for a long time. */
import { assert } from 'chai'
import { formatDuration } from '../../common/duration.ts'
import { grouped } from '../../common/text.ts'
import { limiterOf } from '../../capacity/limiter.ts'
import { directionPrefix, lostBetween, testedDirections } from '../../model/ledger.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const SOAK: readonly ReadinessCriterion[] = [
  {
    id: 'soak.no-loss',
    title: 'the path loses no packet in a long run',
    rationale: 'A short test misses losses that occur only every few minutes.',
    remediation:
      'Read in the report when packets were lost, and find out what ran on the node at these times.',
    observed: {
      unit: 'packets',
      of: ({ soak }) => (soak === undefined ? undefined : lostBetween(soak, ['generatorTx', 'generatorRx'])),
    },
    isEssential: true,
    stage: 'soaked',
    onlyIf: { parameter: 'soak', isAsked: ({ soak }) => soak !== undefined },
    judge: ({ soak }, record) => {
      if (soak === undefined) skipCriterion('the soak did not run')
      const { load, sentFor, by, fellShort, shortfall = [] } = soak
      record('load', `${grouped(load)} packets/s, ${BY[by]}`)
      record('sent for', formatDuration(sentFor))
      const where = limiterOf(soak)?.sentence
      for (const direction of testedDirections(soak)) {
        const which = directionPrefix(soak, direction)
        const { generatorTx: sent, generatorRx: returned } = direction.counts
        record(`${which}sent`, sent)
        record(`${which}back at the traffic generator`, returned)
      }
      for (const direction of testedDirections(soak)) {
        const which = directionPrefix(soak, direction)
        const { generatorTx: sent, generatorRx: returned } = direction.counts
        const lost = sent - returned
        assert(
          lost <= 0,
          `${which}${grouped(lost)} of ${grouped(sent)} packets ${lost === 1 ? 'was' : 'were'} lost in ${formatDuration(sentFor)}${where === undefined ? '' : `: ${where}`}`,
        )
        assert(lost === 0, `${which}${grouped(-lost)} more packets came back than were sent: foreign frames`)
      }
      if (fellShort) inconclusive(`the traffic generator fell short: ${shortfall.join('; ')}`)
    },
  },
]

const BY = {
  asked: 'the rate of trafficGenPacketsPerSecond',
  ndr: '90 % of the NDR that was found',
} as const
