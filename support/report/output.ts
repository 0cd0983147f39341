/** Writes a run's reports to all their folders; an error in one does not affect the others. */
import { timeouts } from '../model/timeouts.ts'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describeError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { type Archive, packArchive } from './archive.ts'
import type { Attachment } from './attachments.ts'
import type { NamedContent } from './bundle.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMetrics } from './metrics.ts'
import { renderMatrixCsv } from './matrix-csv.ts'
import { removeLatest, writeLatest } from './latest.ts'
import { whyNoCertificate } from '../model/certificate.ts'
import type { Report } from '../model/report.ts'
import {
  artifactPath,
  BUNDLE_FILE,
  CERTIFICATE_FILE,
  HTML_FILE,
  JSON_FILE,
  JUNIT_FILE,
  type LatestFolder,
  METRICS_FILE,
  NODES_FILE,
  type ReportFolders,
  SUMMARY_FILE,
} from './report-folders.ts'
import {
  readWritten,
  SLOW_REPORTS_COMMAND,
  type SlowReports,
  type SlowWritten,
  writeSlowReports,
} from './slow-reports.ts'
import type { WriteResult } from './write-result.ts'

/** A report that is rendered as text at once. */
interface TextOutput {
  readonly name: string
  readonly file: string
  readonly render: (report: Report) => string
  /** Whether it is written at all; it then is in the run's folder only. */
  readonly isWanted?: (report: Report) => boolean
  /** Name of its copy in a CI system's artifacts folder; undefined: no copy. */
  readonly artifact?: string
}

/** A report that is slow to write, or whose writer is slow to load. */
interface FileOutput {
  readonly name: string
  readonly file: string
  readonly write: (file: string) => Promise<void>
}

const QUICK: readonly TextOutput[] = [
  { name: 'JSON report', file: JSON_FILE, render: renderJson },
  { name: 'JUnit report', file: JUNIT_FILE, render: renderJunit, artifact: 'JUnit artifact' },
  { name: 'metrics', file: METRICS_FILE, render: renderMetrics },
  {
    name: 'table of nodes',
    file: NODES_FILE,
    render: ({ nodeMatrix }) => (nodeMatrix === undefined ? '' : renderMatrixCsv(nodeMatrix)),
    isWanted: ({ nodeMatrix }) => nodeMatrix !== undefined,
  },
]

function quickOutputs(report: Report): TextOutput[] {
  return QUICK.filter(({ isWanted }) => isWanted === undefined || isWanted(report))
}

/**
 * Writes the reports for programs (JSON, JUnit) before the ConfigMap's status: the status must not say passed if the
 * results cannot be written.
 * @returns a sentence for each that cannot be written
 */
export function writeEarlyReports(report: Report, folders: ReportFolders): readonly string[] {
  return writeQuick(report, folders).problems
}

/** Writes all reports; an error in one does not stop the others. */
export async function writeReports(report: Report, folders: ReportFolders): Promise<WriteResult> {
  return both(writeQuick(report, folders), await writeSlow(report, folders))
}

/** Writes all reports of a run, and the bundle with reports and attachments. */
export async function writeRun(
  report: Report,
  attached: readonly Attachment[],
  folders: ReportFolders,
): Promise<WriteResult> {
  const quick = writeQuick(report, folders)
  const slow = { report, attached, folders, written: quick.files, wantsArchive: false }
  try {
    return both(quick, await writeSlowReports(slow))
  } catch (error) {
    return both(quick, noSlowReports(folders, error))
  }
}

/** Like `writeRun`, and returns the archive for a ConfigMap. @throws if the writing process fails, or at the limits */
export async function writeRunAndArchive(
  report: Report,
  attached: readonly Attachment[],
  folders: ReportFolders,
  limits: Limits,
): Promise<{ readonly written: WriteResult; readonly archive: Archive }> {
  const quick = writeQuick(report, folders)
  const slow = { report, attached, folders, written: quick.files, wantsArchive: true }
  const { archive, ...written } = await writeSlowReports(slow, limits)
  if (archive === undefined) throw new Error('the process that writes the reports packed nothing')
  return { written: both(quick, written), archive }
}

/** An archive of the quick reports only, if there is no time to render pages. */
export function archiveAtOnce(report: Report, attached: readonly Attachment[]): Promise<Archive> {
  const quick = quickOutputs(report).map(({ file, render }) => ({
    name: file,
    content: Buffer.from(render(report)),
  }))
  return packArchive(report, quick, attached)
}

/** Writes the slow reports and the bundle, after the quick ones. Runs in the process that `writeRun` starts. */
export async function completeRun(slow: SlowReports): Promise<SlowWritten> {
  const { report, attached, folders, written, wantsArchive } = slow
  const pages = await writeSlow(report, folders)
  const mine = [...written, ...pages.files].filter((file) => path.dirname(file) === folders.folder)
  const all = both(pages, await writeBundles(slow, mine))
  if (!wantsArchive) return all
  return { ...all, archive: await packArchive(report, await contentsOf(report, mine), attached) }
}

async function writeBundles(
  { report, attached, folders }: SlowReports,
  files: readonly string[],
): Promise<WriteResult> {
  // If no report could be written, the bundle would be empty, and its folder is missing.
  if (files.length === 0) return { files: [], problems: [] }
  const { writeBundle } = await import('./bundle.ts')
  return writeFiles(bundleOutputs(folders, (file) => writeBundle(report, files, attached, file)))
}

/**
 * Contents of the written reports. A report whose file could not be written is rendered: a full disk must not lose it.
 */
async function contentsOf(report: Report, files: readonly string[]): Promise<NamedContent[]> {
  const texts = [...quickOutputs(report), await summaryOutput()].filter(
    ({ file }) => !files.some((written) => path.basename(written) === file),
  )
  const read = files.map(async (file) => ({ name: path.basename(file), content: await readFile(file) }))
  const rendered = texts.map(({ file, render }) => ({ name: file, content: Buffer.from(render(report)) }))
  return [...(await Promise.all(read)), ...rendered]
}

/**
 * Like `writeRun`, but synchronous, for a process that is about to exit. Another process writes the slow reports from
 * the JSON.
 */
export function writeRunNow(
  report: Report,
  attached: readonly Attachment[],
  folders: ReportFolders,
): WriteResult {
  const quick = writeQuick(report, folders)
  const slow: SlowReports = { report, attached, folders, written: quick.files, wantsArchive: false }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [SLOW_REPORTS_COMMAND], {
    encoding: 'utf8',
    input: JSON.stringify(slow),
    timeout: timeouts.slowReportsAtExit,
    killSignal: 'SIGKILL',
  })
  if (status === 0) return both(quick, readWritten(stdout))
  return both(quick, noSlowReports(folders, error ?? new Error(stderr.trim())))
}

function writeQuick(report: Report, folders: ReportFolders): WriteResult {
  return all(quickOutputs(report).map((output) => writeText(report, output, folders)))
}

async function writeSlow(report: Report, folders: ReportFolders): Promise<WriteResult> {
  const page = writeText(report, await summaryOutput(), folders)
  const certificate = await writeCertificate(report, folders)
  return all([page, certificate, await writeFiles([pageOutput(report, folders)])])
}

/** A run without a certificate removes the certificate of the previous run, which would look like its own. */
async function writeCertificate(report: Report, folders: ReportFolders): Promise<WriteResult> {
  if (whyNoCertificate(report) !== undefined) {
    removePart(path.join(folders.folder, CERTIFICATE_FILE))
    try {
      if (folders.latest !== undefined) removeLatest(folders.latest, CERTIFICATE_FILE)
    } catch {
      // A path that is not a folder has no certificate; the error of writing to it is reported.
    }
    return { files: [], problems: [] }
  }
  const { renderCertificate } = await import('./html/certificate.ts')
  const name = 'certificate'
  return writeText(
    report,
    { name, file: CERTIFICATE_FILE, render: renderCertificate, artifact: name },
    folders,
  )
}

/** The modules that draw pictures are loaded when needed, not at the start of every run. */
async function summaryOutput(): Promise<TextOutput> {
  const { renderSummaryPage } = await import('./html/summary-page.ts')
  return { ...SUMMARY, render: renderSummaryPage }
}

const SUMMARY = { name: 'summary page', file: SUMMARY_FILE, artifact: 'summary artifact' }

function pageOutput(report: Report, { folder }: ReportFolders): FileOutput {
  return {
    name: 'mochawesome report',
    file: path.join(folder, HTML_FILE),
    write: async (file) => (await import('./mochawesome.ts')).renderMochawesome(report, file),
  }
}

function bundleOutputs({ folder, artifacts }: ReportFolders, write: FileOutput['write']): FileOutput[] {
  const name = 'bundle'
  return [
    { name, file: path.join(folder, BUNDLE_FILE), write },
    ...(artifacts === undefined ? [] : [{ name, file: artifactPath(artifacts, BUNDLE_FILE), write }]),
  ]
}

/** Writes a report and its copies. The copy with the fixed name appears in the result only if it fails. */
function writeText(
  report: Report,
  { name, file, render, artifact, isWanted }: TextOutput,
  { folder, latest, artifacts }: ReportFolders,
): WriteResult {
  let text: string
  const own = path.join(folder, file)
  try {
    text = render(report)
  } catch (error) {
    removePart(own)
    return { files: [], problems: [problem(name, own, error)] }
  }
  const written = [writeWhole(name, own, text)]
  if (artifacts !== undefined && artifact !== undefined)
    written.push(writeWhole(artifact, artifactPath(artifacts, file), text))
  // If the report cannot be written, its copy cannot either.
  if (latest !== undefined && isWanted === undefined && written[0]?.files.length === 1)
    written.push(copyToLatest(name, file, text, latest))
  return all(written)
}

function writeWhole(name: string, file: string, text: string): WriteResult {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return { files: [file], problems: [] }
  } catch (error) {
    removePart(file)
    return { files: [], problems: [problem(name, file, error)] }
  }
}

function copyToLatest(name: string, file: string, text: string, latest: LatestFolder): WriteResult {
  try {
    writeLatest(latest, file, text)
    return { files: [], problems: [] }
  } catch (error) {
    return { files: [], problems: [problem(name, path.join(latest.folder, file), error)] }
  }
}

async function writeFiles(outputs: readonly FileOutput[]): Promise<WriteResult> {
  const files: string[] = []
  const problems: string[] = []
  for (const { name, file, write } of outputs) {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await write(file)
      files.push(file)
    } catch (error) {
      removePart(file)
      problems.push(problem(name, file, error))
    }
  }
  return { files, problems }
}

/** Removes a partial or old file, which would be taken for this run's report. */
function removePart(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // A file that cannot be removed could not be written either, and that error is reported.
  }
}

/** A problem for each slow report; removes partial files. */
function noSlowReports(folders: ReportFolders, error: unknown): WriteResult {
  const none = () => Promise.resolve()
  const { folder, artifacts, latest } = folders
  if (latest !== undefined) removeLatest(latest, SUMMARY.file)
  const missing = [
    { name: SUMMARY.name, file: path.join(folder, SUMMARY.file) },
    ...(artifacts === undefined
      ? []
      : [{ name: SUMMARY.artifact, file: artifactPath(artifacts, SUMMARY.file) }]),
    { name: 'mochawesome report', file: path.join(folder, HTML_FILE) },
    ...bundleOutputs(folders, none),
  ]
  for (const { file } of missing) removePart(file)
  return { files: [], problems: missing.map(({ name, file }) => problem(name, file, error)) }
}

function both(one: WriteResult, other: WriteResult): WriteResult {
  return all([one, other])
}

function all(written: readonly WriteResult[]): WriteResult {
  return {
    files: written.flatMap(({ files }) => files),
    problems: written.flatMap(({ problems }) => problems),
  }
}

function problem(name: string, file: string, error: unknown): string {
  return `the ${name} could not be written to ${file}: ${describeError(error)}`
}
