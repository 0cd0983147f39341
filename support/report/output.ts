/**
 * Where reports are written: `reports/` in the working directory, or the folder that `DPDK_CHECKUP_REPORTS`
 * names. What Prow shows (JUnit and the summary) goes to the top of `$ARTIFACTS` (or `$ARTIFACT_DIR`) as well.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describeError } from '../common/errors.ts'
import type { Attachment } from './attachments.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import type { Report } from '../model/report.ts'
import {
  readWritten,
  SLOW_REPORTS_COMMAND,
  type SlowReports,
  writeSlowReports,
  type Written,
} from './slow-reports.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const JUNIT_FILE = 'junit_dpdk-checkup.xml'
export const JSON_FILE = 'report.json'
export const SUMMARY_FILE = 'dpdk-checkup-summary.html'
export const HTML_FILE = 'mochawesome.html'
export const BUNDLE_FILE = 'bundle.tar.gz'

/** Milliseconds; of the 30 s that a pod has when it is told to end. JSON and JUnit are written before. */
const SLOW_TIMEOUT = 20_000

interface Output {
  readonly name: string
  readonly file: string
  readonly render: (report: Report) => string
}

/** Takes longer to write, or to load what writes it. */
interface SlowOutput {
  readonly name: string
  readonly file: string
  readonly write: (report: Report, file: string) => Promise<void>
}

export function reportFolder(env: Environment): string {
  return path.resolve(nonEmpty(env['DPDK_CHECKUP_REPORTS']) ?? 'reports')
}

/**
 * Writes what programs wait for (JSON, JUnit) before the status is: a run whose results reach nobody must not
 * be told of as a success. Returns a sentence for each that can't be written.
 */
export async function writeEarlyReports(report: Report, env: Environment): Promise<readonly string[]> {
  const { problems } = await writeEach(report, quickOutputs(env))
  return problems
}

/** Writes every report; a fault of one does not stop the others. */
export async function writeReports(report: Report, env: Environment): Promise<Written> {
  return writeEach(report, [...quickOutputs(env), ...slowOutputs(env)])
}

function quickOutputs(env: Environment): SlowOutput[] {
  return textOutputs(env).map(({ name, file, render }) => ({
    name,
    file,
    write: (report) => writeFile(file, render(report)),
  }))
}

/** Every report of a run, and all of them in one bundle with what else is known of it. */
export async function writeRun(
  report: Report,
  attached: readonly Attachment[],
  env: Environment,
): Promise<Written> {
  const quick = await writeEach(report, quickOutputs(env))
  try {
    return both(quick, await writeSlowReports(slowReports(report, attached, env, quick.files)))
  } catch (error) {
    return both(quick, { files: quick.files, problems: noSlowReports(env, error) })
  }
}

/** The rest of it, where what is quick was written already: the work of the process that `writeRun` has. */
export async function completeRun({ report, attached, written, environment }: SlowReports): Promise<Written> {
  const { files, problems } = await writeEach(report, slowOutputs(environment))
  const all = { files: [...written, ...files], problems }
  return withBundle(report, attached, environment, all)
}

function slowReports(
  report: Report,
  attached: readonly Attachment[],
  env: Environment,
  written: readonly string[],
): SlowReports {
  const names = ['DPDK_CHECKUP_REPORTS', 'ARTIFACTS', 'ARTIFACT_DIR']
  return {
    report,
    attached,
    written,
    environment: Object.fromEntries(names.map((name) => [name, env[name]])),
  }
}

function both(quick: Written, { files, problems }: Written): Written {
  return { files, problems: [...quick.problems, ...problems] }
}

/** A sentence for each; what is there of them is half a report. */
function noSlowReports(env: Environment, error: unknown): string[] {
  return [...slowOutputs(env), ...bundleOutputs([], [], env)].map(({ name, file }) => {
    removePart(file)
    return problem(name, file, error)
  })
}

async function withBundle(
  report: Report,
  attached: readonly Attachment[],
  env: Environment,
  { files, problems }: Written,
): Promise<Written> {
  const folder = reportFolder(env)
  const mine = files.filter((file) => path.dirname(file) === folder)
  // Where no report could be written, there is nothing to bundle and no place for it.
  if (mine.length === 0) return { files, problems }
  const written = await writeEach(report, bundleOutputs(mine, attached, env))
  return { files: [...files, ...written.files], problems: [...problems, ...written.problems] }
}

function bundleOutputs(
  files: readonly string[],
  attached: readonly Attachment[],
  env: Environment,
): SlowOutput[] {
  return [reportFolder(env), ...artifactFolders(env)].map((folder) => ({
    name: 'bundle',
    file: path.join(folder, BUNDLE_FILE),
    write: async (report, file) => (await import('./bundle.ts')).writeBundle(report, files, attached, file),
  }))
}

async function writeEach(report: Report, outputs: readonly SlowOutput[]): Promise<Written> {
  const files: string[] = []
  const problems: string[] = []
  for (const { name, file, write } of outputs) {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await write(report, file)
      files.push(file)
    } catch (error) {
      removePart(file)
      problems.push(problem(name, file, error))
    }
  }
  return { files, problems }
}

/** Half a report, or an earlier run's, would be taken for this run's. */
function removePart(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // What can't be removed could not be written either; that is told.
  }
}

/**
 * The same in one go, for a process that is about to end and can't wait any more: what takes longer another
 * process does, from the JSON.
 */
export function writeRunNow(report: Report, attached: readonly Attachment[], env: Environment): Written {
  const files: string[] = []
  const problems: string[] = []
  for (const { name, file, render } of textOutputs(env)) {
    try {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, render(report))
      files.push(file)
    } catch (error) {
      removePart(file)
      problems.push(problem(name, file, error))
    }
  }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [SLOW_REPORTS_COMMAND], {
    encoding: 'utf8',
    input: JSON.stringify(slowReports(report, attached, env, files)),
    timeout: SLOW_TIMEOUT,
    killSignal: 'SIGKILL',
  })
  const quick = { files, problems }
  if (status === 0) return both(quick, readWritten(stdout))
  return both(quick, { files, problems: noSlowReports(env, error ?? new Error(stderr.trim())) })
}

function textOutputs(env: Environment): Output[] {
  const folder = reportFolder(env)
  const junit = { name: 'JUnit report', render: renderJunit }
  return [
    { name: 'JSON report', file: path.join(folder, JSON_FILE), render: renderJson },
    { ...junit, file: path.join(folder, JUNIT_FILE) },
    ...artifactFolders(env).map((artifacts) => ({
      ...junit,
      name: 'JUnit artifact',
      file: path.join(artifacts, JUNIT_FILE),
    })),
  ]
}

function slowOutputs(env: Environment): SlowOutput[] {
  const folder = reportFolder(env)
  const summary = { name: 'summary page', write: writeSummaryPage }
  return [
    { ...summary, file: path.join(folder, SUMMARY_FILE) },
    ...artifactFolders(env).map((artifacts) => ({
      ...summary,
      name: 'summary artifact',
      file: path.join(artifacts, SUMMARY_FILE),
    })),
    {
      name: 'mochawesome report',
      file: path.join(folder, HTML_FILE),
      write: async (report, file) => (await import('./mochawesome.ts')).renderMochawesome(report, file),
    },
  ]
}

/** What draws the pictures is loaded where it is needed, not at the begin of every run. */
async function writeSummaryPage(report: Report, file: string): Promise<void> {
  const { renderSummaryPage } = await import('./html/summary-page.ts')
  await writeFile(file, renderSummaryPage(report))
}

/** Where a CI system collects files, as far as that is another folder. */
function artifactFolders(env: Environment): string[] {
  const artifacts = nonEmpty(env['ARTIFACTS']) ?? nonEmpty(env['ARTIFACT_DIR'])
  if (artifacts === undefined || path.resolve(artifacts) === reportFolder(env)) return []
  return [path.resolve(artifacts)]
}

function problem(name: string, file: string, error: unknown): string {
  return `the ${name} could not be written to ${file}: ${describeError(error)}`
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
