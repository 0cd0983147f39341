/**
 * The meeting point of the suite and the mocha reporter, which live in one process but are started by mocha
 * apart from each other: the suite leaves its report here, the reporter picks it up when the run has ended.
 */
import type Mocha from 'mocha'
import { mapStrings, plainText, shorten } from '../common/text.ts'
import { describeError } from '../common/errors.ts'
import { secrets } from '../common/secrets.ts'
import type { Criterion, Report } from '../model/report.ts'
import type { Written } from './written.ts'

type JudgedCriterion = Pick<Criterion, 'id' | 'title'>

let isSimulated = false
let published: Report | undefined
let written: WrittenReport | undefined
const faults: string[] = []
const criteria = new WeakMap<object, JudgedCriterion>()
const withdrawn = new WeakSet<object>()

/** A report whose files are there already. */
export interface WrittenReport extends Written {
  readonly report: Report
}

/** Hands over the run's report, after teardown; the last one published counts. */
export function publishReport(report: Report, files?: WrittenReport): void {
  published = report
  written = files
}

/** Remembers that the cluster is a simulation, for a run that ends without a report of its own. */
export function noteSimulated(): void {
  isSimulated = true
}

export function isKnownSimulated(): boolean {
  return isSimulated
}

/** Longest text of a report in characters: no guest can fill a disk with what it says of itself. */
const TEXT_LIMIT = 64 * 1024

/**
 * The report without secrets and control codes. The codes go first: a terminal may have coloured a secret
 * in its middle, and then it would be put together again when somebody else removes them.
 */
export function cleanReport(report: Report): Report {
  return mapStrings(report, (text) => shorten(secrets.redact(plainText(text)), TEXT_LIMIT))
}

export function publishedReport(): Report | undefined {
  return published
}

/** What the suite has written itself: where the report that is to be written is the same, there is nothing left to do. */
export function writtenReport(): WrittenReport | undefined {
  return written
}

/**
 * Remembers something that went wrong outside of every test and hook; it turns the verdict into `error`.
 * Returns whether it is new.
 */
export function recordFault(during: string, thrown: unknown): boolean {
  const sentence = `${during}: ${describeError(thrown)}`
  if (faults.includes(sentence)) return false
  faults.push(sentence)
  return true
}

/** All faults so far, so that the suite can regard them before it writes the ConfigMap's status. */
export function recordedFaults(): readonly string[] {
  return [...faults]
}

/** Says which criterion a mocha test judges; without it a test is matched by its title. */
export function tagCriterion(test: object, criterion: JudgedCriterion): void {
  criteria.set(test, criterion)
}

/** Takes a criterion that nobody asked for out of its suite, before its turn: it is no part of the run then. */
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
