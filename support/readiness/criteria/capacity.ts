/** The capacity of the path. Only a required load can fail a cluster; all other results are information. */
import { percentText } from '../../common/percent.ts'
import { assert } from 'chai'
import { PROFILES } from '../../capacity/effort.ts'
import { grouped } from '../../common/text.ts'
import type { Capacity, CapacitySearchReport, CapacityTrial } from '../../model/capacity.ts'
import { capacityLines, resultText } from '../../report/capacity-text.ts'
import { cpuShareText, isStarved } from '../../report/evidence-text.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import type { RecordFact } from '../../run/criterion-record.ts'
import { asksForSearch } from '../capacity-request.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

/**
 * Results of two searches that are at most this many widths apart agree, because the bounds of each are one width
 * apart.
 */
const WIDTHS_APART = 2

export const CAPACITY: readonly ReadinessCriterion[] = [
  {
    id: 'capacity.required',
    title: 'the path carries the required load',
    rationale: 'Workloads are planned with a rate that the path must carry.',
    remediation: 'Give more of the resource that the report names as the limit, or require a lower load.',
    stage: 'searched',
    onlyIf: {
      parameter: 'minPacketsPerSecond',
      isAsked: ({ minPacketsPerSecond }) => minPacketsPerSecond !== undefined,
    },
    judge: ({ capacity: { required, limiter } }, record) => {
      if (required === undefined) skipCriterion('the required load was not measured')
      const { packetsPerSecond, lossRatio, outcome, trials } = required
      const load = `${grouped(packetsPerSecond)} packets/s at a loss of at most ${percentText(lossRatio)}`
      record('required', load)
      for (const trial of trials) record('trial', trialText(trial))
      if (limiter !== undefined && outcome !== 'carried') record('limited by', limiter.sentence)
      if (outcome === 'generator-short')
        inconclusive(`the traffic generator cannot send ${grouped(packetsPerSecond)} packets/s`)
      if (outcome === 'more-came-than-sent')
        inconclusive('more packets came back than were sent: other hosts send to this network')
      if (outcome === 'undecided')
        inconclusive(`${load} could not be judged in the time of the search: the trials disagree`)
      assert(
        outcome === 'carried',
        `the path does not carry ${load}${limiter === undefined ? '' : `: ${limiter.sentence}`}`,
      )
    },
  },
  {
    id: 'capacity.measured',
    title: 'the search found the highest load that the path carries',
    rationale: 'Clusters can be compared, and workloads planned, by a measured capacity.',
    remediation: 'Read in the report why the search did not end, and repeat the run on a quiet cluster.',
    informs: true,
    mustIn: ['performance'],
    stage: 'searched',
    onlyIf: { parameter: 'capacity', isAsked: asksForSearch },
    judge: ({ capacity }, record) => {
      const last = lastSearch(capacity)
      for (const line of capacityLines(capacity)) record('found', line)
      const [first] = last.results
      if (first === undefined) skipCriterion('no highest load was searched for')
      if (last.endedBy === 'more-came-than-sent')
        skipCriterion('more packets came back than were sent: other hosts send to this network')
      if (last.endedBy === 'generator-short' && first.lower === undefined)
        skipCriterion('the traffic generator reached none of the requested rates')
      if (first.lower === undefined) skipCriterion(`${resultText(first, last)}: packets are lost at any load`)
    },
  },
  {
    id: 'capacity.repeatable',
    title: 'repeated searches find the same capacity',
    rationale: 'A capacity that differs between two searches is not a property of the cluster.',
    remediation: 'Repeat the run on a quiet cluster; find out what else uses the CPUs.',
    informs: true,
    mustIn: ['performance'],
    stage: 'searched',
    onlyIf: { parameter: 'repeat', isAsked: ({ capacity, repeat }) => capacity !== 'off' && repeat > 1 },
    judge: ({ capacity }, record) => {
      const spread = spreadOf(capacity, record)
      if (spread === undefined) skipCriterion('not every search found a load that the path carries')
      const { goal, least, most, width } = spread
      const shares = capacity.searches.flatMap(({ cpuShare }) => cpuShare ?? [])
      const share = shares.length === 0 ? undefined : Math.min(...shares)
      if (share !== undefined) record('the lab', cpuShareText(share))
      if (most - least > WIDTHS_APART * width * most)
        skipCriterion(
          `${goal} differs from ${grouped(least)} to ${grouped(most)} packets/s: the results are irregular, ${isStarved(share) ? cpuShareText(share) : 'something else uses the CPUs'}`,
        )
    },
  },
]

function lastSearch({ searches }: Capacity): CapacitySearchReport {
  return searches.at(-1) ?? skipCriterion('the search did not end')
}

function trialText({ load, sentFor, lossRatio }: CapacityTrial): string {
  return `${grouped(load)} packets/s, sent for ${sentFor} ms: ${percentText(lossRatio)} lost`
}

/** The spread of the first goal's results over all searches. */
function spreadOf(
  { searches, effort }: Capacity,
  record: RecordFact,
): { goal: string; least: number; most: number; width: number } | undefined {
  const lows = searches.flatMap(({ results }) => results[0]?.lower ?? [])
  if (lows.length < searches.length || lows.length === 0) return undefined
  const sorted = lows.toSorted((a, b) => a - b)
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)]
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const goal = searches[0]?.results[0]?.goal ?? ''
  record(goal, lows.map((low) => `${grouped(low)} packets/s`).join(', '))
  record('least, median, most', [least, median, most].map(grouped).join(', '))
  return { goal, least, most, width: WIDTHS[effort] }
}

const WIDTHS = Object.fromEntries(PROFILES.map(({ name, effort }) => [name, effort.width])) as Readonly<
  Record<Capacity['effort'], number>
>
