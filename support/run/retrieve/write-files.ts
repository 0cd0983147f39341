/** Writes retrieved reports into a folder, unchanged or redacted. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isUtf8 } from 'node:buffer'
import { SuiteError } from '../../common/errors.ts'
import type { Attachment } from '../../report/attachments.ts'
import { writeReports } from '../../report/output.ts'
import { ENVELOPE_FILE } from '../../report/envelope.ts'
import { ENVIRONMENT_FILE } from '../../report/environment.ts'
import { type BundleFiles, MANIFEST_FILE } from '../../report/manifest.ts'
import {
  BUNDLE_FILE,
  HTML_FILE,
  JSON_FILE,
  JUNIT_FILE,
  METRICS_FILE,
  NODES_FILE,
  SUMMARY_FILE,
} from '../../report/report-folders.ts'
import { parseReport } from '../../report/read-report.ts'
import { Redaction } from '../../report/redact.ts'
import { STATEMENT_FILE } from '../../report/statement.ts'

/** Rendered again from `report.json`. */
const REPORTS = new Set([
  JSON_FILE,
  JUNIT_FILE,
  METRICS_FILE,
  SUMMARY_FILE,
  HTML_FILE,
  BUNDLE_FILE,
  ENVIRONMENT_FILE,
  MANIFEST_FILE,
  STATEMENT_FILE,
  ENVELOPE_FILE,
  NODES_FILE,
])

/** Returns their paths, relative to the folder. */
export async function writeFiles(files: BundleFiles, folder: string): Promise<string[]> {
  for (const [name, content] of files) {
    const file = path.join(folder, ...name.split('/'))
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content, { flag: 'wx' })
  }
  return [...files.keys()]
}

/**
 * The same, redacted: the reports and the bundle are rendered again from the redacted `report.json`; other files are
 * redacted as text.
 * @throws SuiteError if it cannot be ensured that everything is redacted
 */
export async function writeRedacted(files: BundleFiles, folder: string): Promise<string[]> {
  const json = files.get(JSON_FILE)
  if (json === undefined)
    throw new SuiteError('unexpected-answer', `there is no ${JSON_FILE}, which tells what is to be redacted`)
  const redaction = new Redaction(parseReport(json.toString(), JSON_FILE))
  const report = redaction.report()
  const { files: reports, problems } = await writeReports(report, { folder })
  if (problems.length > 0) throw new SuiteError('unexpected-answer', problems.join('; '))
  const attached = attachmentsOf(files, redaction)
  const texts = new Map(attached.map(({ name, text }) => [name, Buffer.from(text)]))
  const { writeBundle } = await import('../../report/bundle.ts')
  await writeBundle(report, reports, attached, path.join(folder, BUNDLE_FILE))
  const written = await writeFiles(texts, folder)
  return [...reports.map((file) => path.basename(file)), BUNDLE_FILE, ...written]
}

/** In the order of names, so that aliases are the same each time. Files that are not text are left out. */
function attachmentsOf(files: BundleFiles, redaction: Redaction): Attachment[] {
  return [...files]
    .filter(([name, content]) => !REPORTS.has(name) && isUtf8(content))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, content]) => ({ name: redaction.text(name), text: redaction.text(content.toString()) }))
}
