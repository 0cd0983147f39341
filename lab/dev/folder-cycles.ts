/**
 * Finds folders that import each other in a circle at run time: none of them can be understood or moved without the
 * others. At every level, sibling folders are compared, each with everything below it. A file that is directly in a
 * folder does not count as a sibling: a list of records imports each record from a sub-folder, and each record
 * imports its type from the parent.
 */

export interface Import {
  /** Paths from the root of the repository, with `/`. */
  readonly from: string
  readonly to: string
}

/** Imports between sibling folders; each starts at the folder where the previous one ended, the last ends at the first folder.
 */
export type FolderCycle = readonly Step[]

interface Step {
  readonly fromFolder: string
  readonly toFolder: string
  /** One of the imports from the first folder to the second. */
  readonly by: Import
}

/** One shortest cycle for each group of folders that form cycles. */
export function folderCycles(imports: readonly Import[]): FolderCycle[] {
  const steps = new Map<string, Map<string, Step>>()
  for (const each of imports) {
    const step = betweenFolders(each)
    if (step === undefined) continue
    const from = steps.get(step.fromFolder) ?? new Map<string, Step>()
    steps.set(step.fromFolder, from.set(step.toFolder, step))
  }
  const reported = new Set<string>()
  const cycles: FolderCycle[] = []
  for (const folder of steps.keys()) {
    if (reported.has(folder)) continue
    const cycle = shortestWayBack(folder, steps)
    if (cycle === undefined) continue
    cycle.forEach(({ fromFolder }) => reported.add(fromFolder))
    cycles.push(cycle)
  }
  return cycles
}

/** `a → b → a`, and one import for each arrow. */
export function describeCycle(cycle: FolderCycle): string {
  const folders = [...cycle.map(({ fromFolder }) => fromFolder), cycle[0]?.fromFolder ?? '']
  const files = cycle.map(({ by }) => `  ${by.from} → ${by.to}`)
  return [folders.join(' → '), ...files].join('\n')
}

/** The two sibling folders at which the paths part; undefined if either path parts at a file. */
function betweenFolders(by: Import): Step | undefined {
  const [from, to] = [by.from.split('/'), by.to.split('/')]
  const common = from.findIndex((part, index) => part !== to[index])
  const isFile = (parts: readonly string[]) => common >= parts.length - 1
  if (common === -1 || isFile(from) || isFile(to)) return undefined
  const folder = (parts: readonly string[]) => parts.slice(0, common + 1).join('/')
  return { fromFolder: folder(from), toFolder: folder(to), by }
}

function shortestWayBack(
  start: string,
  steps: ReadonlyMap<string, ReadonlyMap<string, Step>>,
): FolderCycle | undefined {
  let ways: Step[][] = [[]]
  const seen = new Set<string>()
  while (ways.length > 0) {
    const next: Step[][] = []
    for (const way of ways) {
      for (const step of steps.get(way.at(-1)?.toFolder ?? start)?.values() ?? []) {
        if (step.toFolder === start) return [...way, step]
        if (seen.has(step.toFolder)) continue
        seen.add(step.toFolder)
        next.push([...way, step])
      }
    }
    ways = next
  }
  return undefined
}
