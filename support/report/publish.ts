/**
 * Passes the report from the suite to the mocha reporter. mocha starts both separately in one process: the suite leaves
 * its report here, and the reporter takes it at the end of the run.
 */
import type Mocha from 'mocha'
import { mapStrings, plainText, shorten } from '../common/text.ts'
import { describeError } from '../common/errors.ts'
import { secrets } from '../common/secrets.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'
import type { WriteResult } from './write-result.ts'

type JudgedCriterion = Pick<Criterion, 'id' | 'title'>

let isSimulated = false
let published: Report | undefined
let written: WrittenReport | undefined
const faults: string[] = []
const criteria = new WeakMap<object, JudgedCriterion>()
const withdrawn = new WeakSet<object>()

/** A report whose files are written already. */
export interface WrittenReport extends WriteResult {
  readonly report: Report
}

/** Publishes the run's report, after teardown; a later one replaces it. */
export function publishReport(report: Report, files?: WrittenReport): void {
  published = report
  written = files
}

/** Remembers that the cluster is simulated, for a run that ends without a published report. */
export function markSimulated(): void {
  isSimulated = true
}

export function isKnownSimulated(): boolean {
  return isSimulated
}

/** Longest text of a report in characters, so that a guest cannot fill the disk. */
const TEXT_LIMIT = 64 * 1024

/**
 * The report without secrets and control codes. The codes go first: a colour code inside a secret would hide it here,
 * and another program that strips the code would restore it.
 */
export function cleanReport(report: Report): Report {
  return mapStrings(report, (text) => shorten(secrets.redact(plainText(text)), TEXT_LIMIT))
}

export function publishedReport(): Report | undefined {
  return published
}

/** The report that the suite has written. If the final one is the same, nothing is left to write. */
export function writtenReport(): WrittenReport | undefined {
  return written
}

/** Remembers an error outside of tests and hooks; it turns the verdict into `error`. @returns whether it is new */
export function recordFault(during: string, thrown: unknown): boolean {
  const sentence = `${during}: ${describeError(thrown)}`
  if (faults.includes(sentence)) return false
  faults.push(sentence)
  return true
}

/** All errors so far, so that the suite can include them in the ConfigMap's status. */
export function recordedFaults(): readonly string[] {
  return [...faults]
}

/** Sets the criterion that a mocha test judges; without it, a test is matched by its title. */
export function tagCriterion(test: object, criterion: JudgedCriterion): void {
  criteria.set(test, criterion)
}

/**
 * Removes a criterion that the run does not request from its suite, before it runs. The criterion is then not part of
 * the run.
 */
export function withdraw(test: Mocha.Test): void {
  const { tests = [] } = test.parent ?? {}
  const index = tests.indexOf(test)
  if (index !== -1) tests.splice(index, 1)
  withdrawn.add(test)
}

export function isWithdrawn(test: object): boolean {
  return withdrawn.has(test)
}

export function criterionOf(test: object): JudgedCriterion | undefined {
  return criteria.get(test)
}
