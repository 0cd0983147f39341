/** docs/capacity.md: the cost of a search on paths with a known capacity, compared with a binary search. */
import { classify, type Trial } from '../../../support/capacity/classify.ts'
import { PROFILES, type Profile } from '../../../support/capacity/effort.ts'
import { type Goal, targetsOf } from '../../../support/capacity/goal.ts'
import { CapacitySearch } from '../../../support/capacity/search.ts'

/** Line rate of 10 Gbit/s in frames of 64 bytes per second. */
const MAX = 14_880_952
const MIN = 1488

/** The loss ratio (0 to 1) of a trial at a load in packets per second, lasting so many milliseconds. */
type Path = (load: number, duration: number) => number

const carries =
  (highest: number): Path =>
  (load) =>
    Math.max(0, 1 - highest / load)

const PATHS: Readonly<Record<string, Path>> = {
  'carries 7.3 Mpps': carries(7.3e6),
  'carries 500 kpps': carries(5e5),
  'loses little above 5.8 Mpps, much above 7.3': (load) =>
    load <= 5.84e6 ? 0 : load <= 7.3e6 ? 0.01 * ((load - 5.84e6) / 1.46e6) ** 2 : 1 - (0.99 * 7.3e6) / load,
  'carries line rate': () => 0,
}

interface Cost {
  readonly trials: number
  /** Seconds of traffic. */
  readonly seconds: number
}

export function capacityBlock(): string {
  const rows = PROFILES.flatMap((profile) =>
    Object.entries(PATHS).map(([name, path]) => {
      const [search, binary] = [costOfSearch(profile, path), costOfBinary(profile, path)]
      return [profile.name, name, search, binary] as const
    }),
  )
  const cell = ({ trials, seconds }: Cost) => `${trials} in ${Math.round(seconds)} s`
  return [
    '| effort | a path that | this search | binary search |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ([effort, path, search, binary]) => `| \`${effort}\` | ${path} | ${cell(search)} | ${cell(binary)} |`,
    ),
  ].join('\n')
}

function costOfSearch({ goals, effort }: Profile, path: Path): Cost {
  const search = new CapacitySearch(goals, effort, { min: MIN, max: MAX })
  let [trials, seconds] = [0, 0]
  for (let request = search.next(); request !== undefined; request = search.next()) {
    trials += 1
    seconds += request.duration / 1000
    search.add(
      { effective: request.duration, lossRatio: path(request.load, request.duration) },
      request.duration,
    )
  }
  return { trials, seconds }
}

/** Halves the interval from 0 to line rate until it has the goal's width, for one goal after the other. */
function costOfBinary({ goals, effort }: Profile, path: Path): Cost {
  let [trials, seconds] = [0, 0]
  for (const goal of goals) {
    let [low, high] = [0, MAX]
    for (let load = MAX; ; load = (low + high) / 2) {
      const made = trialsOf(goal, { goals, effort }, load, path)
      trials += made.trials.length
      seconds += made.trials.reduce((sum, { intended }) => sum + intended, 0) / 1000
      if (made.isCarried) low = load
      else high = load
      if (high - low <= effort.width * high || low === MAX) break
    }
  }
  return { trials, seconds }
}

function trialsOf(
  goal: Goal,
  { effort }: Pick<Profile, 'goals' | 'effort'>,
  load: number,
  path: Path,
): { readonly trials: readonly Trial[]; readonly isCarried: boolean } {
  const target = targetsOf(goal, effort).at(-1)
  if (target === undefined) throw new TypeError(`${goal.name} has no target`)
  const trials: Trial[] = []
  for (;;) {
    const intended = target.trial
    trials.push({ load, intended, effective: intended, lossRatio: path(load, intended) })
    const found = classify(trials, target)
    if (found !== 'undecided') return { trials, isCarried: found === 'lower' }
  }
}
