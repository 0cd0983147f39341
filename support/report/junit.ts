/**
 * The report as JUnit XML for Prow's Spyglass and Jenkins: a failed criterion is a `failure`, one that could not be
 * judged is an `error`, one that was not reached is `skipped`. Spyglass prints only failures and a test's output, so
 * the reason of an error or a skipped test is in `system-err` too.
 */
import junitReportBuilder, { type Builder, type TestCase } from 'junit-report-builder'
import { causesText, evidenceText, trafficText } from './evidence-text.ts'
import { headroomText } from './headroom-text.ts'
import { addPairs } from './junit-pairs.ts'
import { append, attribute, block, PACKAGE, seconds } from './junit-parts.ts'
import { matrixSentence } from './matrix-text.ts'
import { waivedText } from './verdict-text.ts'
import { type Criterion, groupOf } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'

// The package's types describe an ES module's default export, but Node.js imports the CommonJS export itself.
const builder = junitReportBuilder as unknown as Builder

export function renderJunit(report: Report): string {
  const junit = builder.newBuilder().name(PACKAGE)
  const suite = junit
    .testSuite()
    .name(PACKAGE)
    .timestamp(report.startedAt)
    .time(seconds(Date.parse(report.completedAt) - Date.parse(report.startedAt)))
  for (const [name, value] of Object.entries(properties(report))) {
    suite.property(attribute(name), attribute(value))
  }
  // Spyglass treats cases with the same name as attempts of one test.
  const taken = new Map<string, number>()
  for (const criterion of report.criteria) {
    const name = attribute(`${criterion.id} ${criterion.title}`)
    const key = `${groupOf(criterion.id)} ${name}`
    const count = (taken.get(key) ?? 0) + 1
    taken.set(key, count)
    addCriterion(suite.testCase().name(count === 1 ? name : `${name} (${count})`), criterion, report)
  }
  if (report.nodeMatrix !== undefined) addPairs(suite, report.nodeMatrix)
  // Jenkins ignores a suite without cases, so a run without criteria gets one that states the reason.
  if (report.criteria.length === 0) {
    const reasons = report.failureReasons.join('\n')
    const testCase = suite.testCase().className(`${PACKAGE}.suite`).name('judges the cluster')
    testCase.getErrorCount = () => 1
    append(testCase, 'error', { message: attribute(reasons), type: 'error' }, block(reasons))
    append(testCase, 'system-err', {}, block(reasons))
  }
  // Jenkins' schema does not allow a sum of skipped tests.
  return junit.build().replace(/(<testsuites\b[^>]*?) skipped="\d+"/, '$1')
}

function addCriterion(testCase: TestCase, criterion: Criterion, report: Report): void {
  const { outcome, duration, explainedBy, waived } = criterion
  const explained =
    explainedBy === undefined ? criterion.message : `explained by ${explainedBy}: ${criterion.message}`
  const message = waived === undefined ? explained : `${waivedText(waived)}: ${explained}`
  testCase.className(`${PACKAGE}.${groupOf(criterion.id)}`).time(seconds(duration))
  const text = block(
    [message, causesText(criterion, report.diagnosis), evidenceText(criterion), ledgerOf(criterion, report)]
      .filter(Boolean)
      .join('\n\n'),
  )
  switch (outcome) {
    case 'failed':
      testCase.getFailureCount = () => 1
      append(testCase, 'failure', { message: attribute(message), type: outcome }, text)
      break
    case 'error':
    case 'inconclusive':
      testCase.getErrorCount = () => 1
      append(testCase, 'error', { message: attribute(message), type: outcome }, text)
      append(testCase, 'system-err', {}, text)
      break
    case 'not-judged':
      testCase.getSkippedCount = () => 1
      append(testCase, 'skipped', { message: attribute(message) }, text)
      append(testCase, 'system-err', {}, text)
      break
    case 'passed':
      if (criterion.evidence.length > 0) append(testCase, 'system-out', {}, block(evidenceText(criterion)))
  }
}

/** The packet counts of the path, for a traffic criterion that did not pass. */
function ledgerOf({ id, outcome }: Criterion, { traffic }: Report): string {
  return traffic !== undefined && groupOf(id) === 'traffic' && outcome !== 'passed'
    ? trafficText(traffic)
    : ''
}

function properties(report: Report): Record<string, string> {
  const flat: Record<string, string> = {
    verdict: report.verdict,
    ...(report.simulated === true ? { simulated: 'true' } : {}),
    apiVersion: report.apiVersion,
    'suite.version': report.suite.version,
  }
  for (const [name, value] of Object.entries(report.cluster)) {
    if (typeof value === 'string') flat[`cluster.${name}`] = value
  }
  // Not as properties of the test cases, because Jenkins' schema does not allow them there.
  for (const { id, outcome, waived } of report.criteria) {
    flat[`outcome.${id}`] = outcome
    if (waived !== undefined)
      flat[`waived.${id}`] = `until ${waived.expires} (${waived.ticket}): ${waived.reason}`
  }
  for (const [name, value] of Object.entries(report.parameters)) flat[`parameter.${name}`] = value
  for (const { role, vmiName, nodeName } of report.guests) {
    flat[`guest.${role}`] = nodeName === undefined ? vmiName : `${vmiName} on ${nodeName}`
  }
  if (report.traffic !== undefined) {
    const { ledger, vmDriverCounters, vmBytes, headroom, queues, ...traffic } = report.traffic
    for (const [name, value] of Object.entries(traffic)) {
      if (!Array.isArray(value)) flat[`traffic.${name}`] = String(value)
    }
    if (headroom !== undefined) flat['traffic.headroom'] = headroomText(headroom)
    for (const { port, queue, emptyPercent } of headroom?.queues ?? [])
      flat[`vm.${port}.queue${queue}.emptyPercent`] = String(emptyPercent)
    for (const { port, queue, packets } of queues?.received ?? [])
      flat[`vm.${port}.queue${queue}.packets`] = String(packets)
    for (const [port, bytes] of Object.entries(vmBytes ?? {})) flat[`traffic.vmBytes.${port}`] = String(bytes)
    for (const [port, counters] of Object.entries(vmDriverCounters ?? {})) {
      for (const [name, count] of Object.entries(counters)) flat[`vm.${port}.${name}`] = String(count)
    }
    for (const [name, value] of Object.entries(ledger)) {
      if (typeof value === 'number') flat[`ledger.${name}`] = String(value)
      else for (const [hop, count] of Object.entries(value)) flat[`ledger.${name}.${hop}`] = String(count)
    }
  }
  if (report.nodeMatrix !== undefined) flat['nodes.result'] = matrixSentence(report.nodeMatrix)
  report.warnings.forEach((warning, index) => (flat[`warning.${index + 1}`] = warning))
  report.leftovers.forEach((leftover, index) => (flat[`leftover.${index + 1}`] = leftover))
  return flat
}
