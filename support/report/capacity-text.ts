/** The result of a capacity search as text. */
import { percentText } from '../common/percent.ts'
import { grouped, plural } from '../common/text.ts'
import type { Capacity, CapacitySearchReport } from '../model/capacity.ts'
import { cpuShareText, isStarved } from './evidence-text.ts'

type Result = CapacitySearchReport['results'][number]

/** `NDR 7,190,671 packets/s`, with a note if the result is incomplete. */
export function resultText(
  { goal, lossRatio, lower, upper, isRegular }: Result,
  search: CapacitySearchReport,
): string {
  const name = lossRatio === 0 ? goal : `${goal} (${percentText(lossRatio)} loss)`
  if (lower === undefined && upper === undefined) return `${name} was not found`
  if (lower === undefined) return `${name} is below ${grouped(upper ?? 0)} packets/s`
  if (upper === undefined)
    return `${name} is at least ${grouped(lower)} packets/s${lower === search.max ? '' : ', irregular'}`
  const range = `${grouped(lower)} packets/s, ${grouped(upper)} are too many`
  return `${name} ${range}${isRegular ? '' : ' (irregular: the search did not end)'}`
}

/** A line for each goal of the last search, and one for the limiter. */
export function capacityLines({ effort, searches, limiter, required }: Capacity): string[] {
  const last = searches.at(-1)
  return [
    ...(required === undefined
      ? []
      : [
          `required  ${grouped(required.packetsPerSecond)} packets/s at a loss of at most ${percentText(required.lossRatio)}: ${REQUIRED[required.outcome]}`,
        ]),
    ...(last === undefined
      ? []
      : [
          ...last.results.map((result) => resultText(result, last)),
          `${trialsText(searches)} (${effort})`,
          ...(isStarved(last.cpuShare)
            ? [`irregular: ${cpuShareText(last.cpuShare)}, and the next search may find other loads`]
            : []),
        ]),
    ...(limiter === undefined ? [] : [`limited by: ${limiter.sentence}`]),
  ]
}

/** The results of all searches; `repeat` requests several. */
function trialsText(searches: Capacity['searches']): string {
  const trials = plural(
    searches.reduce((sum, search) => sum + search.trials.length, 0),
    'trial',
  )
  return searches.length === 1 ? trials : `${trials} in ${searches.length} searches`
}

const REQUIRED = {
  carried: 'carried',
  'not-carried': 'not carried',
  'generator-short': 'the traffic generator could not send this load',
  'more-came-than-sent': 'not judged, because more packets came back than were sent',
  undecided: 'undecided',
} as const
