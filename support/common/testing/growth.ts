/** CPU time of this process in milliseconds; unlike a clock it stands still while others have the CPU. */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const FACTOR = 8
/** The least of a few: garbage collection and cold caches only ever add. */
const ROUNDS = 3
/** Milliseconds; what takes less is not measured well. */
const LEAST = 1

/**
 * Whether work that is given eight times as much takes about eight times as long, and not sixty-four times, as it does
 * where it goes through the whole again for each part. A statement about the work and not about the machine.
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
