/** CPU time of this process in milliseconds; unlike a clock it does not count time in which other processes run. */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const FACTOR = 8
/** The minimum of several measurements: garbage collection and cold caches only add. */
const ROUNDS = 3
/** Milliseconds; shorter work cannot be measured well. */
const LEAST = 1

/**
 * Whether the work is linear: with eight times the input it takes about eight times as long, not sixty-four times, as
 * quadratic work does. It compares the work with itself, so the machine's speed does not matter.
 * @param size of the larger piece of work; large enough that quadratic work takes a second
 */
export function growsLinearly(work: (size: number) => void, size: number): boolean {
  let [small, large] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round += 1) {
    small = Math.min(
      small,
      cpuTime(() => {
        work(size / FACTOR)
      }),
    )
    large = Math.min(
      large,
      cpuTime(() => {
        work(size)
      }),
    )
  }
  return large / Math.max(small, LEAST) < (FACTOR * FACTOR) / 2
}
