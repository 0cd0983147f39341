/** A benchmark's figure, and whether it meets its goal. */

export interface Figure {
  /** Stable, for comparing two runs' files, e.g. `run.overhead`. */
  readonly id: string
  /** What it says, for people. */
  readonly what: string
  readonly value: number
  /** `s`, `ms`, `MB`, `MB/s`, `requests`, or empty for a plain ratio. */
  readonly unit: string
  /** Absent for figures that explain another one. */
  readonly goal?: Goal
}

export type Goal = { readonly below: number } | { readonly atLeast: number }

/** Undefined without a goal. A figure that is not a number never meets its goal. */
export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  return 'below' in goal ? value < goal.below : value >= goal.atLeast
}

export interface Benchmark {
  /** What `--only` takes. */
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

/** @param share between 0 and 1: 0.5 is the median. Of no values it is NaN. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export const megabytes = (bytes: number): number => bytes / 1e6
