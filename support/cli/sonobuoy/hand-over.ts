/**
 * Hands results to Sonobuoy's worker: it waits for the file `done` in the results folder, which has the path of the file
 * to send (vmware-tanzu/sonobuoy, docs/plugins.md). An archive may have any files; with `result-format: junit` it
 * reads the XML files in it.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Report } from '../../model/report.ts'
import { packTar } from '../../report/bundle.ts'
import { unfinishedReport } from '../../report/conclude.ts'
import { renderJunit } from '../../report/junit.ts'
import { BUNDLE_FILE, JSON_FILE, JUNIT_FILE, SUMMARY_FILE } from '../../report/report-folders.ts'
import { parseReport } from '../../report/read-report.ts'

export const DEFAULT_RESULTS = '/tmp/sonobuoy/results'
const DONE_FILE = 'done'
const RESULTS_FILE = 'dpdk-checkup.tar.gz'
const HANDED_OVER = [JUNIT_FILE, JSON_FILE, SUMMARY_FILE, BUNDLE_FILE]

/** What a run wrote. */
export interface RunFiles {
  readonly report: Report
  readonly files: ReadonlyMap<string, Buffer>
}

/** The only run below a folder. @throws Error if there is none */
export async function filesOfRun(reports: string): Promise<RunFiles> {
  const folders = (await readdir(reports, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const [folder] = folders.map(({ name }) => path.join(reports, name))
  if (folder === undefined) throw new Error('the run wrote no reports')
  const names = (await readdir(folder)).filter((name) => HANDED_OVER.includes(name))
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(folder, name))] as const),
  )
  const found = new Map(files)
  return {
    report: parseReport(found.get(JSON_FILE)?.toString() ?? '', path.join(folder, JSON_FILE)),
    files: found,
  }
}

/** In place of the files of a run that did not come to its end. */
export function filesOfError(sentence: string): RunFiles {
  const report = { ...unfinishedReport(new Date()), failureReasons: [sentence] }
  return { report, files: new Map([[JUNIT_FILE, Buffer.from(renderJunit(report))]]) }
}

/** `done` comes last: the worker sends the archive as soon as it is there. @returns the archive's path */
export async function handOver({ report, files }: RunFiles, results: string): Promise<string> {
  await mkdir(results, { recursive: true })
  const archive = path.join(results, RESULTS_FILE)
  await writeFile(archive, await packTar([...files], new Date(report.completedAt)))
  const part = path.join(results, `.${DONE_FILE}`)
  await writeFile(part, archive)
  await rename(part, path.join(results, DONE_FILE))
  return archive
}
