/**
 * Folders that import each other in a circle at run time: none of them can be understood, or moved, without the
 * others. Folders side by side are compared, each with all that is under it, at every level: rooms, and sub-folders of
 * a room. Files that stand directly in a folder are no side of their own: a list imports the records in a sub-folder,
 * and these import the type that all of them have.
 */

export interface Import {
  /** Paths from the root of the repository, with `/`. */
  readonly from: string
  readonly to: string
}

/** Imports between folders side by side, each starting where the one before led; the last leads to the first. */
export type FolderCycle = readonly Step[]

interface Step {
  readonly fromFolder: string
  readonly toFolder: string
  /** One of those that make it. */
  readonly by: Import
}

/** One for each group of folders that are in a circle: a shortest. */
export function folderCycles(imports: readonly Import[]): FolderCycle[] {
  const steps = new Map<string, Map<string, Step>>()
  for (const each of imports) {
    const step = betweenFolders(each)
    if (step === undefined) continue
    const from = steps.get(step.fromFolder) ?? new Map<string, Step>()
    steps.set(step.fromFolder, from.set(step.toFolder, step))
  }
  const told = new Set<string>()
  const cycles: FolderCycle[] = []
  for (const folder of steps.keys()) {
    if (told.has(folder)) continue
    const cycle = shortestWayBack(folder, steps)
    if (cycle === undefined) continue
    cycle.forEach(({ fromFolder }) => told.add(fromFolder))
    cycles.push(cycle)
  }
  return cycles
}

/** `a → b → a`, and the imports that make it so. */
export function describeCycle(cycle: FolderCycle): string {
  const folders = [...cycle.map(({ fromFolder }) => fromFolder), cycle[0]?.fromFolder ?? '']
  const files = cycle.map(({ by }) => `  ${by.from} → ${by.to}`)
  return [folders.join(' → '), ...files].join('\n')
}

/** Where the two part: a folder on each side, or nothing. */
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
