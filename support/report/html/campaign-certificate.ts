/** The certificate of a campaign: one sheet over all its runs, with those that did not pass. */
import { digestOf } from '../../common/canonical-json.ts'
import { plural } from '../../common/text.ts'
import {
  type CampaignPlan,
  type CampaignResult,
  type CampaignRun,
  campaignOf,
  campaignText,
} from '../../model/campaign.ts'
import { validUntil } from '../../model/certificate.ts'
import { isUnmet } from '../../model/criterion-result.ts'
import type { Report } from '../../model/report.ts'
import { environmentOf } from '../environment.ts'
import { html, type Html } from '../escape.ts'
import { countsText } from '../matrix-text.ts'
import { outcomeCounts } from '../verdict-text.ts'
import {
  frames,
  loadText,
  lostText,
  ndrsOf,
  type Pair,
  renderSheet,
  spreadText,
  subject,
  validity,
  VERDICTS,
  waivers,
} from './certificate.ts'
import { moment, mono, pairs, text } from './parts.ts'

/** @throws TypeError if the campaign gives no certificate */
export function renderCampaignCertificate(
  plan: CampaignPlan,
  runs: readonly CampaignRun[],
  { verdict, simulated, sizes, whyNot }: CampaignResult,
): string {
  const passed = sizes.flatMap((size) => size.passed)
  const [first] = passed
  const ended = runs.flatMap(({ left }) => left?.report ?? [])
  if (whyNot !== undefined || first === undefined) throw new TypeError(`no certificate: ${whyNot ?? ''}`)
  const until = new Date(Math.min(...passed.map((report) => validUntil(report).getTime())))
  return renderSheet({
    profile: plan.profile,
    cluster: first.cluster,
    simulated,
    claim: html`meets profile <b>${plan.profile}</b> with ${listed(plan.frameSizes.map(frames))},
      ${timesText(plan.repetitions)}, by catalogue ${first.catalogue?.version ?? ''}:
      <b class="${verdict}">${VERDICTS[verdict]}</b>`,
    sections: html`<section aria-labelledby="subject">
        <h2 id="subject">Subject</h2>
        ${pairs(subject(first))}
      </section>
      <section aria-labelledby="results">
        <h2 id="results">Results</h2>
        ${pairs(sizes.map((size): Pair => [sizeTitle(size.frameSize), text(sizeText(size.passed))]))}
      </section>
      <section aria-labelledby="runs">
        <h2 id="runs">All runs</h2>
        <p>
          ${unmetSentence(
            runs.length,
            sizes.reduce((sum, { unmet }) => sum + unmet, 0),
          )}
        </p>
        ${runsTable(runs)}
      </section>
      ${waivers(passed.flatMap(({ criteria }) => criteria))}
      ${validity(ended[0]?.startedAt ?? '', ended.at(-1)?.completedAt ?? '', until)}
      <section aria-labelledby="verify">
        <h2 id="verify">Digests, and how to verify</h2>
        ${pairs([
          ['campaign.json', mono(digestOf(campaignText(campaignOf(plan, runs))))],
          ['Environment', mono(environmentOf(first).digest)],
          ...(first.catalogue === undefined
            ? []
            : [[`Catalogue ${first.catalogue.version}`, mono(first.catalogue.digest)] as const]),
        ])}
        <p>
          This page is only a copy. <code>dpdk-checkup verify campaign.tar.gz</code> checks every run without
          a cluster: the first digest has to be that of the campaign.json in the package, which names all
          runs.
        </p>
      </section>`,
    suite: first.suite,
    apiVersion: first.apiVersion,
  })
}

function listed(all: readonly Html[]): Html {
  const [last, ...others] = all.toReversed()
  const before = others.toReversed()
  return html`${before.map((each, index) => html`${index > 0 && ', '}${each}`)}${before.length > 0 && ' and '}${last}`
}

function timesText(repetitions: number): string {
  return repetitions === 1 ? 'once' : `${repetitions} times each`
}

function sizeTitle(frameSize: string): string {
  return frameSize === 'imix' ? 'imix' : `${frameSize} bytes`
}

/** `3 runs: 8 000 000 packets/s in each direction, no packet lost; NDR 7 266 600 packets/s (7 240 000 to 7 300 000)` */
function sizeText(passed: readonly Report[]): string {
  const traffic = passed.flatMap((report) => report.traffic ?? [])
  const loads = [...new Set(traffic.map((each) => loadText(each.requestedPacketsPerSecond, each)))]
  const losses = [...new Set(traffic.map(lostText))]
  const soaks = [...new Set(passed.flatMap(({ soak }) => (soak === undefined ? [] : [lostText(soak)])))]
  const found = passed.flatMap(({ capacity }) => (capacity === undefined ? [] : ndrsOf(capacity.searches)))
  const limits = [...new Set(passed.flatMap(({ capacity }) => capacity?.limiter?.sentence ?? []))]
  const matrices = [
    ...new Set(
      passed.flatMap(({ nodeMatrix }) => (nodeMatrix === undefined ? [] : [countsText(nodeMatrix)])),
    ),
  ]
  return [
    `${plural(passed.length, 'run')}: ${[...loads, ...losses].join(', ')}`,
    ...(soaks.length === 0 ? [] : [`long run: ${soaks.join(', ')}`]),
    ...(found.length === 0
      ? []
      : [`${plural(found.length, 'search', 'searches')}: NDR ${spreadText(found)} packets/s`]),
    ...limits.map((limit) => `limited by: ${limit}`),
    ...(matrices.length === 0 ? [] : [`pairs of nodes: ${matrices.join(', ')}`]),
  ].join('; ')
}

function unmetSentence(all: number, unmet: number): string {
  if (unmet === 0) return `${plural(all, 'run')}; all of them passed.`
  return `${unmet} of ${plural(all, 'run')} did not pass, and ${unmet === 1 ? 'was' : 'were'} repeated.`
}

function runsTable(runs: readonly CampaignRun[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Run</th>
        <th scope="col">Start</th>
        <th scope="col">Frames</th>
        <th scope="col">Verdict</th>
        <th scope="col">Criteria</th>
      </tr>
    </thead>
    <tbody>
      ${runs.map(
        ({ frameSize, left }, index) =>
          html`<tr>
            <td>${index + 1}</td>
            ${
              left === undefined
                ? html`<td></td>
                    <td>${sizeTitle(frameSize)}</td>
                    <td class="error">error</td>
                    <td>the run wrote no bundle</td>`
                : html`<td>${moment(left.report.startedAt)}</td>
                    <td>${sizeTitle(frameSize)}</td>
                    <td class="${left.report.verdict}">${VERDICTS[left.report.verdict]}</td>
                    <td>${criteriaText(left.report)}</td>`
            }
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** How many passed, and the ids of those that did not, without those that others explain. */
function criteriaText({ criteria }: Report): Html {
  const unmet = criteria.filter((each) => isUnmet(each) && each.explainedBy === undefined).map(({ id }) => id)
  return text([outcomeCounts(criteria), ...unmet].join(', '))
}
