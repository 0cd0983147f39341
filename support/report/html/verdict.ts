/** The top of the page: verdict, reasons, and the most important figures. */
import { percentText } from '../../common/percent.ts'
import { grouped } from '../../common/text.ts'
import { formatDuration } from '../../common/duration.ts'
import { type Direction, directionText, lostEndToEnd, testedDirections } from '../../model/ledger.ts'
import type { Report } from '../../model/report.ts'
import type { Traffic } from '../../model/traffic.ts'
import { frameText } from '../frame-text.ts'
import { outcomeCounts, SIMULATED_NOTICE, verdictSentence } from '../verdict-text.ts'
import { managersSentence } from './managers-sentence.ts'
import { html, type Html } from '../escape.ts'
import { count, moment, pairs, text, unbroken } from './parts.ts'

export function verdictSection(report: Report): Html {
  const { verdict, failureReasons, warnings, cluster } = report
  return html`<header>
    ${report.simulated === true && html`<p class="simulated" role="note">${SIMULATED_NOTICE}</p>`}
    <h1>DPDK readiness of a KubeVirt cluster</h1>
    <p class="verdict">
      <strong class="${verdict}">${verdict}</strong> <span>${verdictSentence(report)}</span>
    </p>
    <p>${text(unbroken(managersSentence(report)))}</p>
    <p class="muted">Criteria: ${outcomeCounts(report.criteria)}.</p>
    ${bullets(failureReasons.map((reason) => withoutConsequence(withoutCause(reason, report), report)))}
    ${report.traffic !== undefined && trafficFacts(report.traffic, report.nodeMatrix !== undefined)}
    ${pairs([
      ['Checkup', html`ConfigMap ${text(cluster.configMap)} in namespace ${text(cluster.namespace)}`],
      ['Time', html`${moment(report.startedAt)}, took ${took(report)}`],
    ])}
    ${warnings.length > 0 && html`<h3>Warnings</h3>`} ${bullets(warnings)}
  </header>`
}

/** Removes the cause from a failure reason. Causes and remedies follow below; here they would hide what failed. */
function withoutCause(reason: string, { diagnosis }: Report): string {
  const causes = diagnosis?.causes ?? []
  if (causes.length === 0) return reason
  const marks = ['; same cause as ', ...causes.map(({ id }) => `; cause ${id}`)]
  const ends = marks.map((mark) => reason.indexOf(mark)).filter((at) => at !== -1)
  return reason.slice(0, Math.min(...ends, reason.length))
}

/** A consequence is not told twice: it names the criterion that explains it. */
function withoutConsequence(reason: string, { criteria }: Report): string {
  const consequence = criteria.find(
    ({ id, explainedBy }) => explainedBy !== undefined && reason.startsWith(`${id}: `),
  )
  return consequence === undefined
    ? reason
    : `${consequence.id}: the same packets as in ${consequence.explainedBy ?? ''}`
}

function bullets(sentences: readonly string[]): Html | false {
  return (
    sentences.length > 0 &&
    html`<ul class="reasons">
      ${sentences.map((sentence) => html`<li>${text(sentence)}</li>`)}
    </ul>`
  )
}

/** @param isFirstPair pairs of many nodes were measured too, of which these figures say nothing */
function trafficFacts(traffic: Traffic, isFirstPair: boolean): Html {
  const of = isFirstPair ? ' by the first pair' : ''
  const asked = `${grouped(traffic.requestedPacketsPerSecond)} requested${traffic.directions === 2 ? ' in each direction' : ''}`
  return html`<dl class="facts">
    <div>
      <dt>Sent${of}</dt>
      <dd>${grouped(Math.round(traffic.achievedPacketsPerSecond))} packets/s</dd>
      <dd>${asked}, ${text(traffic.engine)}, ${frameText(traffic)}</dd>
    </div>
    ${testedDirections(traffic).map((direction) => lossFacts(traffic, direction, of))}
    <div>
      <dt>Sending took</dt>
      <dd>${formatDuration(traffic.sentFor)}</dd>
      <dd>${formatDuration(traffic.requestedDuration)} asked</dd>
    </div>
  </dl>`
}

function lossFacts({ directions }: Traffic, { from, to, counts }: Direction, of: string): Html {
  const { generatorTx } = counts
  const lost = lostEndToEnd(counts)
  const share = generatorTx === 0 ? 0 : lost / generatorTx
  const field = from === 'east' ? 'eastToWest' : 'westToEast'
  return html`<div>
    <dt>Lost${of}${directions === 2 && `, ${directionText({ from, to })}`}</dt>
    <dd class="${lost > 0 ? 'failed' : 'passed'}">
      ${count(lost, from === 'east' ? 'lost' : 'westToEast.lost')} packets
    </dd>
    <dd>${percentText(share)} of ${count(generatorTx, `${field}.generatorTx`)}</dd>
  </div>`
}

function took({ startedAt, completedAt }: Report): string {
  return formatDuration(Math.max(0, Date.parse(completedAt) - Date.parse(startedAt)))
}
