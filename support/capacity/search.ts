/**
 * Searches for the loads that a path carries at given loss ratios, for all goals at once and with few trials. A
 * simplified MLRsearch (draft-ietf-bmwg-mlrsearch-15): all loads are points of one logarithmic grid, and a bound is the
 * number of such a point. The search makes no trials itself: `next` returns the trial to make, `add` takes its result.
 */
import { classify, conditionalThroughput, type Trial } from './classify.ts'
import { type Effort, type Goal, type Target, targetsOf } from './goal.ts'

/** A trial to make. */
export interface TrialRequest {
  /** Packets per second. */
  readonly load: number
  /** Milliseconds. */
  readonly duration: number
}

/** The result of a search for a goal. A bound that was not found is undefined. */
export interface GoalResult {
  readonly goal: Goal
  /** The highest load that is carried, in packets per second. */
  readonly lower: number | undefined
  /** The lowest load above it that is not carried. */
  readonly upper: number | undefined
  /** Packets per second delivered at the lower bound: less than the bound if some of its trials lost packets. */
  readonly conditionalThroughput: number | undefined
  /** Both bounds were found, as close to each other as required. */
  readonly isRegular: boolean
}

/** Factor by which a step grows if it found no new bound. */
const EXPANSION = 2

interface Bounds {
  readonly lower: number | undefined
  readonly upper: number | undefined
}

/** The state of a goal: the current target, and the size of its next step. Loads are indices of the grid. */
interface Progress {
  readonly goal: Goal
  readonly targets: readonly Target[]
  at: number
  first: Bounds
  step: number
  isDone: boolean
}

interface Nomination {
  readonly index: number
  readonly duration: number
  readonly step: number
  /** The side without a bound: the step grows until one is found there. */
  readonly towards: 'lower' | 'upper' | undefined
}

export class CapacitySearch {
  readonly #effort: Effort
  readonly #loads: readonly number[]
  readonly #trials = new Map<number, Trial[]>()
  readonly #goals: Progress[]
  readonly #leastLoss: number
  #start: readonly number[] = []
  #isStarted = false
  #asked:
    | { readonly index: number; readonly by: Progress | undefined; readonly nomination?: Nomination }
    | undefined

  /** @param min lowest load, in packets per second @param max highest load of the link or the generator, above `min` */
  constructor(
    goals: readonly Goal[],
    effort: Effort,
    { min, max }: { readonly min: number; readonly max: number },
  ) {
    if (!(min > 0 && max > min)) throw new RangeError(`no loads between ${min} and ${max} packets/s`)
    this.#effort = effort
    this.#loads = grid(min, max, effort.width)
    this.#goals = goals.map((goal) => {
      const targets = targetsOf(goal, effort)
      return { goal, targets, at: 0, first: { lower: undefined, upper: undefined }, step: 0, isDone: false }
    })
    this.#leastLoss = Math.min(...goals.map(({ lossRatio }) => lossRatio))
  }

  /** The next trial; undefined once every goal is found or cannot be found. */
  next(): TrialRequest | undefined {
    if (!this.#isStarted) {
      const index = this.#nextOfStart()
      if (index !== undefined) return this.#ask(index, this.#effort.initialTrial, undefined)
      this.#begin()
    }
    const nominations = this.#goals.flatMap((progress) => {
      const nomination = this.#nominate(progress)
      return nomination === undefined ? [] : [{ progress, nomination }]
    })
    const [first] = nominations.toSorted(
      ({ nomination: a }, { nomination: b }) => a.index - b.index || b.duration - a.duration,
    )
    if (first === undefined) return undefined
    const { progress, nomination } = first
    progress.step = nomination.step
    return this.#ask(nomination.index, nomination.duration, progress, nomination)
  }

  /** Adds the result of the trial from `next`. @throws Error if no trial was requested */
  add({ effective, lossRatio }: Pick<Trial, 'effective' | 'lossRatio'>, intended: number): void {
    if (this.#asked === undefined) throw new Error('no trial was asked for')
    const { index, by, nomination } = this.#asked
    this.#asked = undefined
    const trial = { load: this.#load(index), intended, effective, lossRatio }
    this.#trials.set(index, [...(this.#trials.get(index) ?? []), trial])
    if (!this.#isStarted) this.#start = [...this.#start, index]
    if (by === undefined || nomination?.towards === undefined) return
    // The load became a new bound on the known side, so the step was too small.
    const bounds = this.#bounds(by.targets[by.at] as Target)
    const known = nomination.towards === 'lower' ? bounds.upper : bounds.lower
    if (known === index) by.step *= EXPANSION
  }

  results(): readonly GoalResult[] {
    return this.#goals.map(({ goal, targets, isDone }) => {
      const target = targets.at(-1) as Target
      const { lower, upper } = this.#bounds(target)
      const at = (index: number | undefined) => (index === undefined ? undefined : this.#load(index))
      const isNear = lower !== undefined && upper !== undefined && upper - lower <= target.width
      return {
        goal,
        lower: at(lower),
        upper: at(upper),
        conditionalThroughput:
          lower === undefined
            ? undefined
            : conditionalThroughput(this.#load(lower), this.#trials.get(lower) ?? [], target),
        isRegular: isDone && isNear,
      }
    })
  }

  /** All trials, by load, lowest first. */
  get trials(): readonly Trial[] {
    return [...this.#trials].toSorted(([a], [b]) => a - b).flatMap(([, trials]) => trials)
  }

  #load(index: number): number {
    return this.#loads[index] as number
  }

  get #max(): number {
    return this.#loads.length - 1
  }

  #ask(index: number, duration: number, by: Progress | undefined, nomination?: Nomination): TrialRequest {
    this.#asked = { index, by, ...(nomination === undefined ? {} : { nomination }) }
    return { load: this.#load(index), duration }
  }

  /** The first three loads: the highest, the rate that came through at it, and one on the other side of that. */
  #nextOfStart(): number | undefined {
    const max = this.#max
    const [, second] = this.#start
    if (this.#start.length === 0) return max
    const widest = Math.max(...this.#goals.map(({ targets }) => targets[0]?.width ?? 1))
    if (second === undefined) {
      const carried = this.#carriedAt(max)
      return carried >= max ? undefined : Math.max(0, Math.min(carried, max - widest))
    }
    if (this.#start.length > 2) return undefined
    const isLossy = this.#lossAt(second) > this.#leastLoss
    const third = isLossy
      ? Math.max(0, Math.min(this.#carriedAt(second), second - widest))
      : Math.min(second + widest, max)
    if (!this.#trials.has(third)) return third
    // This load was measured already: no trial is needed, but the search still starts from it.
    this.#start = [...this.#start, third]
    return undefined
  }

  #begin(): void {
    this.#isStarted = true
    const [max = 0, a = max, b = a] = this.#start
    const [lower, upper] = a < b ? [a, b] : [b, a]
    for (const progress of this.#goals) {
      progress.first = { lower, upper }
      progress.step = EXPANSION * Math.max(progress.targets[0]?.width ?? 1, upper - lower)
    }
  }

  #lossAt(index: number): number {
    return this.#trials.get(index)?.at(-1)?.lossRatio ?? 0
  }

  /** The highest load of the grid that is not above the rate that came through. */
  #carriedAt(index: number): number {
    const carried = (this.#load(index) * (1 - this.#lossAt(index))) / (1 - this.#leastLoss)
    const above = this.#loads.findIndex((load) => load > carried)
    return above === -1 ? this.#max : Math.max(0, above - 1)
  }

  /** The lowest load that is not carried, and the highest carried one below it; carried loads above it are ignored. */
  #bounds(target: Target): Bounds {
    let lower: number | undefined
    for (const [index, trials] of [...this.#trials].toSorted(([a], [b]) => a - b)) {
      const found = classify(trials, target)
      if (found === 'upper') return { lower, upper: index }
      if (found === 'lower') lower = index
    }
    return { lower, upper: undefined }
  }

  #nominate(progress: Progress): Nomination | undefined {
    for (;;) {
      const target = progress.targets[progress.at]
      if (target === undefined) {
        progress.isDone = true
        return undefined
      }
      const bounds = this.#bounds(target)
      const nomination = this.#nominateFor(progress, target, bounds)
      if (nomination !== undefined) return nomination
      progress.at += 1
      progress.first = bounds
      const next = progress.targets[progress.at]
      const { lower, upper } = bounds
      const apart = lower === undefined || upper === undefined ? 0 : upper - lower
      if (next !== undefined) progress.step = EXPANSION * Math.max(next.width, apart)
    }
  }

  #nominateFor({ first, step }: Progress, target: Target, { lower, upper }: Bounds): Nomination | undefined {
    const { width, trial: duration } = target
    const isNear = lower !== undefined && upper !== undefined && upper - lower <= width
    if (isNear) return undefined
    const isUseful = (index: number | undefined): index is number =>
      index !== undefined && index > (lower ?? -1) && index < (upper ?? Infinity)
    const apart = first.lower === undefined || first.upper === undefined ? 0 : first.upper - first.lower
    const middle =
      apart > width && apart <= 2 * width ? (first.lower as number) + Math.floor(apart / 2) : undefined
    for (const index of [middle, first.lower, first.upper])
      if (isUseful(index)) return { index, duration, step: EXPANSION * width, towards: undefined }
    if (lower === undefined && upper !== undefined) {
      if (upper === 0) return undefined
      const down = upper - step
      return { index: down < width ? 0 : down, duration, step, towards: 'lower' }
    }
    if (upper === undefined && lower !== undefined) {
      if (lower === this.#max) return undefined
      return { index: Math.min(lower + step, this.#max), duration, step, towards: 'upper' }
    }
    if (lower === undefined || upper === undefined) return undefined
    const smaller = smallerPart(upper - lower, width)
    return { index: lower + smaller, duration, step: EXPANSION * smaller, towards: undefined }
  }
}

/**
 * The smaller part of a gap split in two. One part is a power of two times the width, as close to half of the gap as
 * possible.
 */
function smallerPart(gap: number, width: number): number {
  const exponent = Math.round(Math.log2(gap / 2 / width))
  const part = width * 2 ** Math.max(0, exponent)
  return Math.min(part, gap - part)
}

/** Loads from `min` to `max` with a constant ratio between neighbours. */
function grid(min: number, max: number, width: number): readonly number[] {
  const steps = Math.ceil(Math.log(max / min) / -Math.log(1 - width))
  return Array.from({ length: steps + 1 }, (_, index) =>
    index === 0 ? min : Math.round(max * (1 - width) ** (steps - index)),
  )
}
