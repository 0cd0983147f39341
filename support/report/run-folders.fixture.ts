/** Finds the folders of runs in a reports folder. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** Paths of the runs' folders, oldest first. */
export function runFolders(reports: string): string[] {
  if (statSync(reports, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  const names = readdirSync(reports).filter((name) => /^\d{4}-.*Z-[a-z]+(-\d+)?$/.test(name))
  return names.toSorted().map((name) => path.join(reports, name))
}

/** The folder of the latest run; the reports folder itself if there is none. */
export function lastRunFolder(reports: string): string {
  return runFolders(reports).at(-1) ?? reports
}
