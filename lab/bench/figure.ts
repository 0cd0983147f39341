/** A benchmark's figure, and whether it meets its goal. */

export interface Figure {
  /** Stable, so that the files of two benchmark runs can be compared, e.g. `run.overhead`. */
  readonly id: string
  /** What the figure measures, for people. */
  readonly what: string
  readonly value: number
  /** `s`, `ms`, `MB`, `MB/s`, `requests`, or empty for a ratio. */
  readonly unit: string
  /** Absent for figures that only explain another figure. */
  readonly goal?: Goal
}

export type Goal = { readonly below: number } | { readonly atLeast: number }

/** Undefined without a goal. NaN never meets a goal. */
export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  return 'below' in goal ? value < goal.below : value >= goal.atLeast
}

export interface Benchmark {
  /** The value of `--only`. */
  readonly name: string
  /** One line for `--help`. */
  readonly about: string
  run(context: BenchmarkContext): Promise<Figure[]>
}

export interface BenchmarkContext {
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Prints progress. */
  readonly progress: (line: string) => void
}

/** @param share between 0 and 1: 0.5 is the median. @returns NaN if there are no values */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export const megabytes = (bytes: number): number => bytes / 1e6
