/** Checks that the files of a bundle are what one run wrote. What they claim is judged elsewhere. */
import { digestOf } from '../common/canonical-json.ts'
import type { KeyObject } from 'node:crypto'
import type { Report } from '../model/report.ts'
import { ENVELOPE_FILE, envelopeViolation } from './envelope.ts'
import { ENVIRONMENT_FILE, environmentOf } from './environment.ts'
import { type BundleFiles, MANIFEST_FILE, violationsOf } from './manifest.ts'
import { JSON_FILE } from './report-folders.ts'
import { refusal } from './read-bundle.ts'
import { parseReport } from './read-report.ts'
import { STATEMENT_FILE, statementText } from './statement.ts'

export interface CheckedBundle {
  readonly report: Report
  readonly statement: Buffer
  /** `sha256:…` of the manifest, and of the environment. */
  readonly digest: string
  readonly environmentDigest: string
  /** `checked`: signed with the given key; `unchecked`: signed, and no key was given. */
  readonly signature: 'none' | 'unchecked' | 'checked'
}

/** Files that refer to the manifest, so that it cannot list them. */
export const BESIDE = [STATEMENT_FILE, ENVELOPE_FILE]

/**
 * @param key of the signature; undefined: it is not checked
 * @throws InvalidInputError with a sentence for each file that was changed, is missing or does not belong to the run
 */
export function checkBundle(files: BundleFiles, key?: KeyObject): CheckedBundle {
  const [manifest, json, environment, statement] = [
    MANIFEST_FILE,
    JSON_FILE,
    ENVIRONMENT_FILE,
    STATEMENT_FILE,
  ].map((name) => files.get(name))
  if (manifest === undefined)
    throw refusal(`the file ${MANIFEST_FILE} is missing: this is not a bundle of a run`)
  const listed = manifest.toString()
  const violations = violationsOf(listed, files, BESIDE)
  if (violations.length > 0) throw refusal(...violations)
  const missing = [
    ...(json === undefined ? [JSON_FILE] : []),
    ...(environment === undefined ? [ENVIRONMENT_FILE] : []),
    ...(statement === undefined ? [STATEMENT_FILE] : []),
  ]
  if (json === undefined || environment === undefined || statement === undefined)
    throw refusal(...missing.map((name) => `${name} is missing`))
  const report = parseReport(json.toString(), JSON_FILE)
  if (environment.toString() !== environmentOf(report).json)
    throw refusal(`${ENVIRONMENT_FILE} does not agree with the run in ${JSON_FILE}`)
  if (statement.toString() !== statementText(report, listed))
    throw refusal(`${STATEMENT_FILE} does not belong to these files`)
  return {
    report,
    statement,
    digest: digestOf(manifest),
    environmentDigest: digestOf(environment),
    signature: signatureOf(files, statement, key),
  }
}

/**
 * Whether files have a signature of their statement.
 * @throws InvalidInputError if it is of another statement or key, or if there is none and a key is given
 */
export function signatureOf(
  files: BundleFiles,
  statement: Buffer,
  key: KeyObject | undefined,
): CheckedBundle['signature'] {
  const envelope = files.get(ENVELOPE_FILE)?.toString()
  if (envelope === undefined && key !== undefined)
    throw refusal(`the bundle is not signed: there is no ${ENVELOPE_FILE} in it or next to it`)
  const unsigned = envelope === undefined ? undefined : envelopeViolation(envelope, statement, key)
  if (unsigned !== undefined) throw refusal(`${ENVELOPE_FILE} ${unsigned}`)
  if (envelope === undefined) return 'none'
  return key === undefined ? 'unchecked' : 'checked'
}
