/** What runs have left in a folder of reports. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** The folder of each run, oldest first, as paths. */
export function runFolders(reports: string): string[] {
  if (statSync(reports, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  const names = readdirSync(reports).filter((name) => /^\d{4}-.*Z-[a-z]+(-\d+)?$/.test(name))
  return names.toSorted().map((name) => path.join(reports, name))
}

/** Of the latest run, or of the only one; the folder of reports itself where there is none. */
export function lastRunFolder(reports: string): string {
  return runFolders(reports).at(-1) ?? reports
}
