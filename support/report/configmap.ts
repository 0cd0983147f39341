/** The report as the `status.*` keys of the checkup's ConfigMap. */
import { oneLine, shorten } from '../common/text.ts'
import { isSuccess } from '../model/exit-codes.ts'
import { measuredNodes } from './matrix-text.ts'
import type { Report } from '../model/report.ts'
import {
  COMPLETION_KEY,
  REASON_KEY,
  SIMULATED_KEY,
  START_KEY,
  SUCCEEDED_KEY,
  VERDICT_KEY,
  WARNINGS_KEY,
} from '../model/status-keys.ts'
import { cleanReport } from './publish.ts'
import { waivedText } from './verdict-text.ts'

/** Size limit of the failure reason, in bytes of UTF-8; the reports have the full text. */
const REASON_LIMIT = 4096
/** Size limit of a warning, in characters. */
const WARNING_LIMIT = 600
/** Between two criteria: a comma, as in kiagnose, and a line break. */
const SEPARATOR = ',\n'

/**
 * The status keys. All are always present: without a value, a count is 0 and a node's name is empty. Exceptions:
 * `status.result.simulated` exists only for a simulated cluster, the keys of capacity, latency and nodes only if they
 * were measured, and `status.result.waived` only in a run with waivers.
 * A run in both directions has the counts from west to east in keys of their own, beginning with
 * `status.result.westToEast`. Drops are the sum of both directions, as in testpmd's accumulated statistics. Secrets are
 * removed, because many users may read a ConfigMap.
 */
export function configMapStatus(found: Report): Record<string, string> {
  const report = cleanReport(found)
  const { eastToWest, westToEast, generatorOutputErrors, generatorInputErrors } = report.traffic?.ledger ?? {}
  const count = (...counts: readonly (number | undefined)[]) =>
    String(counts.reduce<number>((sum, each) => sum + Math.trunc(each ?? 0), 0))
  const node = (role: Report['guests'][number]['role']) =>
    oneLine(report.guests.find((guest) => guest.role === role)?.nodeName ?? '')

  return {
    [START_KEY]: report.startedAt,
    [COMPLETION_KEY]: report.completedAt,
    [SUCCEEDED_KEY]: String(isSuccess(report)),
    [REASON_KEY]: failureReason(report),
    [VERDICT_KEY]: report.verdict,
    ...(report.simulated === true ? { [SIMULATED_KEY]: 'true' } : {}),
    ...waivedStatus(report),
    [WARNINGS_KEY]: warnings(report),
    'status.result.trafficGenSentPackets': count(eastToWest?.generatorTx),
    'status.result.trafficGenOutputErrorPackets': count(generatorOutputErrors),
    'status.result.trafficGenInputErrorPackets': count(generatorInputErrors),
    'status.result.trafficGenActualNodeName': node('traffic-generator'),
    'status.result.vmUnderTestActualNodeName': node('vm-under-test'),
    'status.result.vmUnderTestReceivedPackets': count(eastToWest?.vmRx),
    'status.result.vmUnderTestRxDroppedPackets': count(eastToWest?.vmRxDropped, westToEast?.vmRxDropped),
    'status.result.vmUnderTestTxDroppedPackets': count(eastToWest?.vmTxDropped, westToEast?.vmTxDropped),
    ...westToEastStatus(report),
    ...capacityStatus(report),
    ...latencyStatus(report),
    ...nodesStatus(report),
  }
}

/** The highest p99 of all loads and directions; empty if latencies were not measured. */
function latencyStatus({ latency }: Report): Record<string, string> {
  const found = (latency?.loads ?? []).flatMap(({ directions }) =>
    directions.flatMap(({ percentiles }) => percentiles.find(({ percent }) => percent === 99)?.atMost ?? []),
  )
  if (found.length === 0) return {}
  return { 'status.result.p99LatencyMicroseconds': String(Math.round(Math.max(...found))) }
}

/** Empty unless packets were sent in both directions. */
function westToEastStatus({ traffic }: Report): Record<string, string> {
  if (traffic?.directions !== 2) return {}
  const { generatorTx, vmRx, generatorRx } = traffic.ledger.westToEast
  return {
    'status.result.westToEastSentPackets': String(generatorTx),
    'status.result.westToEastReceivedPackets': String(vmRx),
    'status.result.westToEastReturnedPackets': String(generatorRx),
  }
}

/** A line for each waived failure; the key exists only in a run with waivers. */
function waivedStatus({ waivers, criteria }: Report): Record<string, string> {
  if (waivers === undefined) return {}
  const lines = criteria.flatMap(({ id, waived }) =>
    waived === undefined ? [] : [oneLine(`${id}: ${waivedText(waived)}`)],
  )
  return { 'status.result.waived': cutToBytes(lines.join('\n'), REASON_LIMIT) }
}

/** Packets per second of each goal of the last search, and the limiter; empty if there was no search. */
function capacityStatus({ capacity }: Report): Record<string, string> {
  const results = capacity?.searches.at(-1)?.results
  if (results === undefined) return {}
  return {
    ...Object.fromEntries(
      results.map(({ goal, lower }) => [
        `status.result.${goal.toLowerCase()}PacketsPerSecond`,
        String(lower ?? 0),
      ]),
    ),
    'status.result.capacityLimitedBy': oneLine(capacity?.limiter?.sentence ?? ''),
  }
}

/** How many nodes were tested, and the names of those that need attention; empty if no pairs of nodes were requested. */
function nodesStatus({ nodeMatrix }: Report): Record<string, string> {
  if (nodeMatrix === undefined) return {}
  return {
    'status.result.nodesTested': String(measuredNodes(nodeMatrix).length),
    'status.result.nodesWeak': cutToBytes(
      (nodeMatrix.result?.nodes ?? []).map(oneLine).join(','),
      REASON_LIMIT,
    ),
  }
}

/** A line for each criterion that was not met; empty only if the run succeeded. */
function failureReason(report: Report): string {
  if (isSuccess(report)) return ''
  const reasons = report.failureReasons.map(oneLine).filter((reason) => reason !== '')
  if (reasons.length === 0) return `the verdict is ${report.verdict}, without a reason`
  const whole = reasons.join(SEPARATOR)
  if (bytes(whole) <= REASON_LIMIT) return whole
  for (let count = reasons.length - 1; count > 0; count -= 1) {
    const part = [...reasons.slice(0, count), `… ${reasons.length - count} more in the reports`].join(
      SEPARATOR,
    )
    if (bytes(part) <= REASON_LIMIT) return part
  }
  // Even the first line is too long.
  const notice =
    reasons.length === 1
      ? '… more in the reports'
      : `…${SEPARATOR}… ${reasons.length - 1} more in the reports`
  return cutToBytes(whole, REASON_LIMIT - bytes(notice)) + notice
}

/** One warning per line, shortened so that a long one leaves room for the others. */
function warnings(report: Report): string {
  const lines = report.warnings.map((warning) => shorten(oneLine(warning), WARNING_LIMIT))
  return cutToBytes(lines.join('\n'), REASON_LIMIT)
}

function bytes(text: string): number {
  return Buffer.byteLength(text)
}

/** Cuts at the limit and drops a character that was cut in two. */
function cutToBytes(text: string, limit: number): string {
  return Buffer.from(text)
    .subarray(0, limit)
    .toString()
    .replace(/\ufffd$/, '')
}
