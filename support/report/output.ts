/**
 * Where reports are written: `reports/` in the working directory, or the folder that `DPDK_CHECKUP_REPORTS`
 * names. The JUnit file goes to the top of `$ARTIFACTS` (or `$ARTIFACT_DIR`) as well, where Prow looks.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describeError } from '../common/errors.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMochawesome } from './mochawesome.ts'
import type { Report } from './model.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const JUNIT_FILE = 'junit_dpdk-checkup.xml'
export const JSON_FILE = 'report.json'
export const HTML_FILE = 'mochawesome.html'

/** Milliseconds; a process that was told to end has little time left. */
const HTML_TIMEOUT = 5000

/** What became of the outputs: files that are there, and a sentence for each that is not. */
export interface Written {
  readonly files: readonly string[]
  readonly problems: readonly string[]
}

interface Output {
  readonly name: string
  readonly file: string
  readonly render: (report: Report) => string
}

export function reportFolder(env: Environment): string {
  return path.resolve(nonEmpty(env['DPDK_CHECKUP_REPORTS']) ?? 'reports')
}

/** Writes every output; a fault of one does not stop the others. */
export async function writeReports(report: Report, env: Environment): Promise<Written> {
  const files: string[] = []
  const problems: string[] = []
  const attempt = async (name: string, file: string, write: () => Promise<void>) => {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await write()
      files.push(file)
    } catch (error) {
      problems.push(problem(name, file, error))
    }
  }
  for (const { name, file, render } of textOutputs(env)) {
    await attempt(name, file, () => writeFile(file, render(report)))
  }
  const html = path.join(reportFolder(env), HTML_FILE)
  await attempt('HTML report', html, () => renderMochawesome(report, html))
  return { files, problems }
}

/**
 * The same in one go, for a process that is about to end and can't wait any more. mochawesome only knows how
 * to write asynchronously, so another process does it, from the JSON.
 */
export function writeReportsNow(report: Report, env: Environment): Written {
  const files: string[] = []
  const problems: string[] = []
  for (const { name, file, render } of textOutputs(env)) {
    try {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, render(report))
      files.push(file)
    } catch (error) {
      problems.push(problem(name, file, error))
    }
  }
  const html = path.join(reportFolder(env), HTML_FILE)
  const command = path.join(import.meta.dirname, 'html-command.ts')
  const json = path.join(reportFolder(env), JSON_FILE)
  const { status, stderr, error } = spawnSync(process.execPath, [command, json, html], {
    encoding: 'utf8',
    timeout: HTML_TIMEOUT,
  })
  if (status === 0) files.push(html)
  else problems.push(problem('HTML report', html, error ?? new Error(stderr.trim())))
  return { files, problems }
}

function textOutputs(env: Environment): Output[] {
  const folder = reportFolder(env)
  const artifacts = nonEmpty(env['ARTIFACTS']) ?? nonEmpty(env['ARTIFACT_DIR'])
  const junit = { name: 'JUnit report', render: renderJunit }
  const outputs: Output[] = [
    { name: 'JSON report', file: path.join(folder, JSON_FILE), render: renderJson },
    { ...junit, file: path.join(folder, JUNIT_FILE) },
  ]
  if (artifacts !== undefined) {
    outputs.push({ ...junit, name: 'JUnit artifact', file: path.join(path.resolve(artifacts), JUNIT_FILE) })
  }
  return outputs
}

function problem(name: string, file: string, error: unknown): string {
  return `the ${name} could not be written to ${file}: ${describeError(error)}`
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
