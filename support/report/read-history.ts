/** Finds the reports of past runs in a folder. Files that are not reports are listed, and otherwise ignored. */
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describeError, InvalidInputError } from '../common/errors.ts'
import type { GivenReport } from './history.ts'
import { BUNDLE_FILE, CAMPAIGN_FILE, isRunFile, JSON_FILE } from './report-folders.ts'
import type { Report } from '../model/report.ts'
import type { BundleFiles } from './manifest.ts'
import { readBundle, refusal, unpackBundle } from './read-bundle.ts'
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
  const packed: GivenReport[] = []
  const problems: string[] = []
  const add = async (to: GivenReport[], file: string, read: () => Report | Promise<Report>) => {
    try {
      const report = await read()
      // The copy of the latest run's report, while this run is still going on.
      if (report.criteria.length === 0 && report.phases.length === 0)
        problems.push(`${file} is of a run that has not ended`)
      else to.push({ file, report })
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      problems.push(error.violations[0] ?? error.message)
    }
  }
  for (const file of files) {
    if (file.endsWith('.json')) {
      await add(reports, file, () => readReport(file))
      continue
    }
    const bundles = await bundlesIn(file)
    if ('problem' in bundles) problems.push(bundles.problem)
    else
      for (const [name, bundle] of bundles.found)
        await add(bundles.isCampaign ? packed : reports, name, () => reportIn(name, bundle))
  }
  // A package has its runs once more: the folder of a run is the better name for it.
  return { reports: [...reports, ...packed], problems }
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
    // The bundle next to a report contains the same report.
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

type Bundles =
  | { readonly found: readonly (readonly [name: string, files: BundleFiles])[]; readonly isCampaign: boolean }
  | { readonly problem: string }

/** The bundle in an archive, or the bundles of all runs of a campaign. */
async function bundlesIn(file: string): Promise<Bundles> {
  try {
    const { files } = await readBundle(file)
    if (!files.has(CAMPAIGN_FILE)) return { found: [[file, files]], isCampaign: false }
    const archives = [...files].filter(([name]) => isRunFile(name))
    const found = archives.map(
      async ([name, archive]) => [`${file}: ${name}`, await unpackBundle(archive)] as const,
    )
    return { found: await Promise.all(found), isCampaign: true }
  } catch (error) {
    if (error instanceof InvalidInputError) return { problem: error.violations[0] ?? error.message }
    return { problem: `${file} cannot be read: ${describeError(error)}` }
  }
}

/** @throws InvalidInputError */
function reportIn(file: string, files: BundleFiles): Report {
  const json = files.get(JSON_FILE)
  if (json === undefined) throw refusal(`${file} has no ${JSON_FILE} in it`)
  return parseReport(json.toString(), file)
}
