/**
 * The final report: what the suite published, completed from mocha's record of the run. The published criteria take
 * precedence; what mocha adds never improves the verdict.
 */
import { suiteIdentity } from '../common/suite-identity.ts'
import { shorten } from '../common/text.ts'
import type { Criterion } from '../model/criterion-result.ts'
import { API_VERSION, type Report, reportSchema, type Verdict } from '../model/report.ts'
import { currentReference } from './catalogue.ts'
import type { RunRecord, TestRecord } from './run-record.ts'

export interface Observations {
  readonly run: RunRecord
  /** A sentence for each error outside of tests and hooks. */
  readonly faults: readonly string[]
  readonly endedAt: Date
  /** Whether the cluster is marked as simulated. */
  readonly isSimulated: boolean
}

export function concludeReport(published: Report | undefined, observed: Observations): Report {
  const { run } = observed
  const base = published ?? unpublishedReport(observed)
  const added = [
    ...run.tests.flatMap((test) => missingFrom(base.criteria, test)),
    ...run.hookFailures.map(({ hook, message }, index) =>
      faultEntry(`suite.hook-${index + 1}`, `${hook} succeeds`, message),
    ),
    ...[...observed.faults, ...misfits(base)].map((fault, index) =>
      faultEntry(`${FAULT_ID}${index + 1}`, 'the suite itself has no error', fault),
    ),
  ]
  const criteria = withDistinctIds([...base.criteria, ...added])
  const neverRan = added.filter(
    ({ outcome, message }) => outcome === 'not-judged' && message === NEVER_RAN,
  ).length
  const verdict = worsen(base.verdict, criteria, added, neverRan)
  return {
    ...base,
    verdict,
    failureReasons: verdict === 'passed' ? [] : reasons(base, criteria, added, neverRan),
    criteria,
    ...(neverRan === 0 ? {} : { faults: [...(base.faults ?? []), neverRanText(neverRan)] }),
  }
}

const FAULT_ID = 'suite.fault-'
const NEVER_RAN = 'the run ended before every criterion was judged'
const NO_REPORT = 'no criterion ran: does --grep match a criterion?'
/** The failure reason of a run that has not ended. */
export const UNFINISHED = 'the run has not ended: it is still going on, or was killed'

function worsen(
  verdict: Verdict,
  criteria: readonly Criterion[],
  added: readonly Criterion[],
  neverRan: number,
): Verdict {
  // A failed cluster stays failed, even if errors follow: the ConfigMap already says so.
  if (verdict === 'failed') return 'failed'
  if (added.some(({ outcome }) => outcome === 'error')) return 'error'
  if (verdict !== 'passed' && verdict !== 'passed-with-waivers') return verdict
  const outcomes = new Set(
    criteria.filter(({ waived }) => waived === undefined).map(({ outcome }) => outcome),
  )
  if (outcomes.has('failed')) return 'failed'
  if (outcomes.has('error') || neverRan > 0) return 'error'
  if (outcomes.has('inconclusive')) return 'inconclusive'
  return outcomes.has('passed') ? verdict : 'error'
}

function reasons(
  base: Report,
  criteria: readonly Criterion[],
  added: readonly Criterion[],
  neverRan: number,
): string[] {
  const said = new Set(base.failureReasons)
  for (const { id, outcome, title, message } of added) {
    if (outcome === 'passed' || outcome === 'not-judged') continue
    said.add(id.startsWith(FAULT_ID) ? message : `${title}: ${message}`)
  }
  if (neverRan > 0) {
    said.add(neverRanText(neverRan))
  }
  if (said.size === 0) {
    const wrong = criteria.filter(({ outcome }) => outcome !== 'passed')
    for (const { title, message } of wrong) said.add(message === '' ? `not met: ${title}` : message)
  }
  if (said.size === 0) said.add('no criterion was judged')
  return [...said]
}

function neverRanText(neverRan: number): string {
  return `${NEVER_RAN}: ${neverRan} ${neverRan === 1 ? 'criterion' : 'criteria'}`
}

/** A criterion, or an error, that a mocha test shows but the published criteria do not. */
function missingFrom(criteria: readonly Criterion[], test: TestRecord): Criterion[] {
  const criterion = criteria.find(({ id, title }) =>
    test.criterionId === undefined ? title === test.title : id === test.criterionId,
  )
  const { title, message, duration } = test
  const id = test.criterionId ?? `${test.group}.${slug(title)}`
  if (criterion === undefined) {
    return [{ id, title, evidence: [], duration, ...outcomeOf(test) }]
  }
  if (test.state === 'failed' && criterion.outcome === 'passed') {
    return [faultEntry(`${criterion.id}.spec`, `the spec of "${title}" agrees with the judgement`, message)]
  }
  return []
}

function outcomeOf({ state, message, isAssertion }: TestRecord): Pick<Criterion, 'outcome' | 'message'> {
  switch (state) {
    case 'passed':
      return { outcome: 'passed', message: '' }
    case 'failed':
      return { outcome: isAssertion ? 'failed' : 'error', message }
    case 'skipped':
      return { outcome: 'not-judged', message: 'the suite skipped it' }
    case 'never-ran':
      return { outcome: 'not-judged', message: NEVER_RAN }
  }
}

function faultEntry(id: string, title: string, message: string): Criterion {
  return { id, title, outcome: 'error', message, evidence: [], duration: 0 }
}

/** Where the published report violates its schema. */
function misfits(report: Report): string[] {
  const { error } = reportSchema.safeParse(report)
  if (error === undefined) return []
  const issues = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  return [`the report does not fit its schema: ${shorten(issues.join('; '), 1000)}`]
}

function withDistinctIds(criteria: readonly Criterion[]): Criterion[] {
  const taken = new Map<string, number>()
  return criteria.map((criterion) => {
    const count = (taken.get(criterion.id) ?? 0) + 1
    taken.set(criterion.id, count)
    return count === 1 ? criterion : { ...criterion, id: `${criterion.id}-${count}` }
  })
}

function slug(title: string): string {
  const text = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return text.slice(0, 60).replace(/-$/, '') || 'unnamed'
}

/** The report of a run in which the suite published nothing. */
function unpublishedReport({ run, faults, endedAt, isSimulated }: Observations): Report {
  return {
    ...emptyReport(run.startedAt, endedAt),
    ...(isSimulated ? { simulated: true } : {}),
    failureReasons: run.hookFailures.length + faults.length > 0 ? [] : [NO_REPORT],
    warnings: [NO_REPORT],
  }
}

/** The report of an unfinished run; it stays if the run is killed. */
export function unfinishedReport(startedAt: Date): Report {
  return { ...emptyReport(startedAt, startedAt), failureReasons: [UNFINISHED] }
}

function emptyReport(startedAt: Date, completedAt: Date): Report {
  return {
    apiVersion: API_VERSION,
    kind: 'CheckupReport',
    suite: suiteIdentity(),
    catalogue: currentReference(),
    verdict: 'error',
    failureReasons: [],
    startedAt: startedAt.toISOString(),
    completedAt: completedAt.toISOString(),
    cluster: {
      namespace: process.env['CONFIGMAP_NAMESPACE'] ?? '',
      configMap: process.env['CONFIGMAP_NAME'] ?? '',
    },
    parameters: {},
    guests: [],
    phases: [],
    criteria: [],
    warnings: [],
    leftovers: [],
  }
}
