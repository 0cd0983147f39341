/** The report as the `status.*` keys of the checkup's ConfigMap. */
import type { Report } from './model.ts'
import { cleanReport } from './publish.ts'
import { oneLine, shorten } from './text.ts'

/** Longest failure reason in characters; the whole of it is in the reports. */
const REASON_LIMIT = 4096

/**
 * Every key, in every end: a count is 0 and a node's name empty where nothing was counted or scheduled.
 * Drops are those of both directions, as testpmd's accumulated statistics have them. Secrets are cut out: many may read a ConfigMap.
 */
export function configMapStatus(found: Report): Record<string, string> {
  const report = cleanReport(found)
  const { eastToWest, westToEast, generatorOutputErrors, generatorInputErrors } = report.traffic?.ledger ?? {}
  const count = (...counts: readonly (number | undefined)[]) =>
    String(counts.reduce<number>((sum, each) => sum + Math.trunc(each ?? 0), 0))
  const node = (role: Report['guests'][number]['role']) =>
    oneLine(report.guests.find((guest) => guest.role === role)?.nodeName ?? '')

  return {
    'status.startTimestamp': report.startedAt,
    'status.completionTimestamp': report.completedAt,
    'status.succeeded': String(report.verdict === 'passed'),
    'status.failureReason': failureReason(report),
    'status.result.verdict': report.verdict,
    'status.result.trafficGenSentPackets': count(eastToWest?.generatorTx),
    'status.result.trafficGenOutputErrorPackets': count(generatorOutputErrors),
    'status.result.trafficGenInputErrorPackets': count(generatorInputErrors),
    'status.result.trafficGenActualNodeName': node('traffic-generator'),
    'status.result.vmUnderTestActualNodeName': node('vm-under-test'),
    'status.result.vmUnderTestReceivedPackets': count(eastToWest?.vmRx),
    'status.result.vmUnderTestRxDroppedPackets': count(eastToWest?.vmRxDropped, westToEast?.vmRxDropped),
    'status.result.vmUnderTestTxDroppedPackets': count(eastToWest?.vmTxDropped, westToEast?.vmTxDropped),
  }
}

/** Comma-joined sentences; empty on success and never empty otherwise. */
function failureReason(report: Report): string {
  if (report.verdict === 'passed') return ''
  const reasons = report.failureReasons.map(oneLine).filter((reason) => reason !== '')
  const all =
    reasons.length > 0 ? reasons.join(', ') : `the verdict is ${report.verdict}, without a reason given`
  return shorten(all, REASON_LIMIT)
}
