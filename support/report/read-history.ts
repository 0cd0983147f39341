/** Finds the reports of past runs in a folder. Files that are none are told, and do not matter otherwise. */
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describeError, InvalidInputError } from '../common/errors.ts'
import type { GivenReport } from './history.ts'
import { BUNDLE_FILE, JSON_FILE } from './places.ts'
import { readBundle, refusal } from './read-bundle.ts'
import { parseReport, readReport } from './read-report.ts'

export interface FoundReports {
  readonly reports: readonly GivenReport[]
  /** A sentence for each file that could not be read. */
  readonly problems: readonly string[]
}

/** Folders below the given one: `reports/2026-11-30T071215Z-passed/consoles` is two deep. */
const DEEPEST = 4
const MOST_FILES = 2000

/** @throws InvalidInputError if the folder cannot be read, or has too many reports */
export async function readHistory(folder: string): Promise<FoundReports> {
  const files = await filesIn(folder)
  const reports: GivenReport[] = []
  const problems: string[] = []
  for (const file of files) {
    try {
      const report = file.endsWith('.json') ? await readReport(file) : await readPacked(file)
      // The copy of the latest run's report, while that run goes on.
      if (report.criteria.length === 0 && report.phases.length === 0)
        problems.push(`${file} is of a run that has not ended`)
      else reports.push({ file, report })
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      problems.push(error.violations[0] ?? error.message)
    }
  }
  return { reports, problems }
}

/** Sorted, so that the same file wins where a run is found twice. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (at: string, depth: number): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true })
    const isReport = (name: string) =>
      name === JSON_FILE || (name.startsWith('report') && name.endsWith('.json'))
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    const hasJson = names.includes(JSON_FILE)
    // The bundle beside a report has the same report in it.
    const own = names.filter(
      (name) => isReport(name) || (name.endsWith('.tar.gz') && !(name === BUNDLE_FILE && hasJson)),
    )
    found.push(...own.map((name) => path.join(at, name)))
    if (found.length > MOST_FILES) throw refusal(`${folder} has more than ${MOST_FILES} reports`)
    if (depth === DEEPEST) return
    for (const entry of entries) if (entry.isDirectory()) await visit(path.join(at, entry.name), depth + 1)
  }
  try {
    await visit(folder, 0)
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw refusal(`${folder} cannot be read: ${describeError(error)}`)
  }
  return found.toSorted()
}

async function readPacked(file: string) {
  const { files } = await readBundle(file)
  const json = files.get(JSON_FILE)
  if (json === undefined) throw refusal(`${file} has no ${JSON_FILE} in it`)
  return parseReport(json.toString(), file)
}
