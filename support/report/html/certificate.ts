/**
 * The certificate of a run that passed under a profile: one sheet for the wall and for auditors. It proves nothing by
 * itself; it says which report does, and how to check that.
 */
import { readFileSync } from 'node:fs'
import { canonicalJson, digestOf } from '../../common/canonical-json.ts'
import { formatDuration } from '../../common/duration.ts'
import { percentText } from '../../common/percent.ts'
import { grouped, oneLine, plural, shorten } from '../../common/text.ts'
import { validUntil, whyNoCertificate } from '../../model/certificate.ts'
import { directionText, lossRatio, testedDirections } from '../../model/ledger.ts'
import type { Report } from '../../model/report.ts'
import { TITLES } from '../../model/role.ts'
import { capacityLines } from '../capacity-text.ts'
import { environmentOf } from '../environment.ts'
import { html, Html } from '../escape.ts'
import { latencyLines } from '../latency-text.ts'
import { countsText, matrixSentence, measuredNodes } from '../matrix-text.ts'
import { renderJson } from '../json.ts'
import { declarations, LIGHT } from '../pictures/palette.ts'
import { outcomeCounts, scopeText, SIMULATED_NOTICE, versionText, waivedText } from '../verdict-text.ts'
import { block, moment, mono, pairs, text } from './parts.ts'
import { BASE_STYLES, POLICY } from './page.ts'

const STYLES = readFileSync(new URL('certificate.css', import.meta.url), 'utf8')

export type Pair = readonly [string, Html]

/** @throws TypeError if the run gives no certificate */
export function renderCertificate(report: Report): string {
  const why = whyNoCertificate(report)
  const { profile, verdict, simulated, suite, cluster, criteria } = report
  if (why !== undefined || profile === undefined) throw new TypeError(`no certificate: ${why ?? ''}`)
  return renderSheet({
    profile: profile.name,
    cluster,
    simulated: simulated === true,
    claim: html`meets profile <b>${profile.name}</b> with ${frames(report.parameters['frameSize'])}, by
      catalogue ${report.catalogue?.version ?? ''}: <b class="${verdict}">${VERDICTS[verdict]}</b>`,
    sections: html`<section aria-labelledby="subject">
        <h2 id="subject">Subject</h2>
        ${pairs(subject(report))}
      </section>
      <section aria-labelledby="results">
        <h2 id="results">Results</h2>
        ${pairs([['Criteria', html`${outcomeCounts(criteria)}`], ...results(report)])}
      </section>
      ${waivers(criteria)} ${validity(report.startedAt, report.completedAt, validUntil(report))}
      <section aria-labelledby="verify">
        <h2 id="verify">Digests, and how to verify</h2>
        ${pairs(digests(report))}
        <p>
          This page is only a copy. <code>dpdk-checkup verify bundle.tar.gz</code> checks the run’s bundle
          without a cluster: the first digest has to be that of its report.json, and the report has to say
          what this page says.
        </p>
      </section>`,
    suite,
    apiVersion: report.apiVersion,
  })
}

/** What one sheet says. */
interface Sheet {
  readonly profile: string
  readonly cluster: Report['cluster']
  readonly simulated: boolean
  readonly claim: Html
  readonly sections: Html
  readonly suite: Report['suite']
  readonly apiVersion: string
}

export function renderSheet({
  profile,
  cluster,
  simulated,
  claim,
  sections,
  suite,
  apiVersion,
}: Sheet): string {
  const title = `DPDK certificate, profile ${profile}${simulated ? ' (simulated cluster)' : ''}: ${oneLine(cluster.name ?? cluster.uid ?? '')}`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${shorten(title, 200)}</title>
        <link rel="icon" href="data:," />
        <style>
          :root { ${new Html(declarations(LIGHT))} } ${new Html(BASE_STYLES)} ${new Html(STYLES)}
        </style>
      </head>
      <body>
        <main>
          ${simulated && html`<p class="simulated" role="note">${SIMULATED_NOTICE}</p>`}
          <header>
            <p class="kind">Certificate of DPDK readiness</p>
            <h1>${text(cluster.name ?? 'KubeVirt cluster')}</h1>
            <p class="claim">${claim}</p>
          </header>
          ${sections}
          <div class="sign" aria-hidden="true">
            <div>Name</div>
            <div>Date</div>
            <div>Signature</div>
          </div>
          <footer>${oneLine(suite.name)} ${oneLine(suite.version)}, ${apiVersion}</footer>
        </main>
      </body>
    </html> `.markup
}

export function validity(startedAt: string, completedAt: string, until: Date): Html {
  return html`<section aria-labelledby="validity">
    <h2 id="validity">Validity</h2>
    <p>
      Measured ${moment(startedAt)} to ${moment(completedAt)}. Valid until
      <b>${until.toISOString().slice(0, 10)}</b>, and only as long as the digest of the environment is the one
      below: nodes, NICs, firmware, kernels, images and versions.
    </p>
  </section>`
}

/** `frames of 64 bytes` */
export function frames(frameSize = ''): Html {
  return frameSize === 'imix' ? html`<b>imix</b>` : html`frames of <b>${frameSize}</b> bytes`
}

export const VERDICTS: Readonly<Record<Report['verdict'], string>> = {
  passed: 'passed',
  'passed-with-waivers': 'passed with waivers',
  failed: 'failed',
  inconclusive: 'inconclusive',
  error: 'error',
}

export function subject({ cluster, guests, nodes = [], nodeMatrix }: Report): Pair[] {
  const measured = nodeMatrix === undefined ? [] : measuredNodes(nodeMatrix)
  const used = [...new Set([...guests.flatMap(({ nodeName }) => nodeName ?? []), ...measured])]
  return [
    ['Cluster', mono(cluster.uid ?? '')],
    ...(cluster.apiHost === undefined ? [] : [['API server', mono(cluster.apiHost)] as const]),
    [
      'Versions',
      text(
        `Kubernetes ${versionText(cluster.kubernetesVersion, undefined)}, KubeVirt ${versionText(cluster.kubevirtVersion, undefined)}`,
      ),
    ],
    ['Nodes', text(`${used.join(', ')} (${used.length} of ${cluster.nodes?.length ?? used.length})`)],
    ['NICs', text(nicsText(guests, nodes))],
  ]
}

/** Distinct devices with their firmware. */
function nicsText(guests: Report['guests'], nodes: NonNullable<Report['nodes']>): string {
  const ofNodes = nodes.flatMap(({ nics = [] }) =>
    nics.map(({ device, driver }) => [device, driver].filter((fact) => fact !== undefined).join(', ')),
  )
  const ofGuests = guests.flatMap(({ nics }) =>
    nics.map(({ device, firmware }) => {
      const facts = [device, firmware === undefined ? undefined : `firmware ${firmware}`]
      return facts.filter((fact) => fact !== undefined).join(', ')
    }),
  )
  const part = (title: string, all: readonly string[]) => {
    const distinct = [...new Set(all.filter((one) => one !== ''))]
    return distinct.length === 0 ? [] : [`${title}: ${distinct.join('; ')}`]
  }
  const parts = [...part('PFs', ofNodes), ...part('VFs in the VMs', ofGuests)]
  return parts.length === 0 ? 'unknown' : parts.join('. ')
}

function results(report: Report): Pair[] {
  const { traffic, soak, capacity, latency, nodeMatrix } = report
  return [
    ...(traffic === undefined
      ? []
      : [
          [
            'Traffic',
            text(
              `${loadText(traffic.requestedPacketsPerSecond, traffic)}${traffic.flows === undefined ? '' : `, ${plural(traffic.flows, 'flow')}`}, ${formatDuration(traffic.sentFor)}: ${lostText(traffic)}`,
            ),
          ] as const,
        ]),
    ...(soak === undefined
      ? []
      : [
          [
            'Long run',
            text(`${loadText(soak.load, soak)}, ${formatDuration(soak.sentFor)}: ${lostText(soak)}`),
          ] as const,
        ]),
    ...(capacity === undefined
      ? []
      : [['Capacity', block([...capacityLines(capacity), ...searchesText(capacity)].join('\n'))] as const]),
    ...(latency === undefined ? [] : [['Latency', block(latencyLines(latency).join('\n'))] as const]),
    ...(nodeMatrix === undefined
      ? []
      : [['Pairs of nodes', text(`${countsText(nodeMatrix)}. ${matrixSentence(nodeMatrix)}`)] as const]),
  ]
}

/** What all searches found, if there were several. */
function searchesText({ searches }: NonNullable<Report['capacity']>): string[] {
  return searches.length < 2
    ? []
    : [`${searches.length} searches: NDR ${spreadText(ndrsOf(searches))} packets/s`]
}

/** The NDR that each search found, where it found one. */
export function ndrsOf(searches: NonNullable<Report['capacity']>['searches']): number[] {
  return searches.flatMap(({ results: [ndr] }) => ndr?.lower ?? [])
}

/** `7,266,600 (7,240,000 to 7,300,000)`: the median, with the lowest and the highest if they differ. */
export function spreadText(figures: readonly number[]): string {
  const sorted = figures.toSorted((one, other) => one - other)
  const [lowest, highest] = [sorted[0], sorted.at(-1)]
  if (lowest === undefined || highest === undefined) return 'none'
  const median = grouped(sorted[Math.floor((sorted.length - 1) / 2)] ?? lowest)
  return lowest === highest ? median : `${median} (${grouped(lowest)} to ${grouped(highest)})`
}

type Tested = Parameters<typeof testedDirections>[0]

export function loadText(packetsPerSecond: number, { directions }: Tested): string {
  return `${grouped(packetsPerSecond)} packets/s${directions === 2 ? ' in each direction' : ''}`
}

/** In the worse direction, if there are two. */
export function lostText(tested: Tested): string {
  const directions = testedDirections(tested).map((direction) => ({ direction, lost: lossRatio(direction) }))
  const lossy = directions.filter(({ lost }) => lost > 0)
  if (lossy.length === 0) return 'no packet lost'
  return lossy
    .map(
      ({ direction, lost }) =>
        `${percentText(lost)} lost${tested.directions === 2 ? ` ${directionText(direction)}` : ''}`,
    )
    .join(', ')
}

/** @param criteria of one run or several; the same waiver is shown once */
export function waivers(criteria: Report['criteria']): Html | undefined {
  const all = criteria.flatMap(({ id, waived: by }) => (by === undefined ? [] : [{ id, by }]))
  const waived = [...new Map(all.map((each) => [canonicalJson(each), each])).values()]
  if (waived.length === 0) return undefined
  return html`<section aria-labelledby="waivers">
    <h2 id="waivers">Waivers</h2>
    <ul>
      ${waived.map(
        ({ id, by }) =>
          html`<li>
            <b class="mono">${id}</b> ${waivedText(by)}: ${text(by.reason)} Owner: ${text(by.owner)}. For
            ${text(scopeText(by.scope))}.
          </li>`,
      )}
    </ul>
  </section>`
}

function digests(report: Report): Pair[] {
  const { catalogue, suite, guests } = report
  const images = guests.flatMap(({ role, imageDigest }) =>
    imageDigest === undefined ? [] : [[`Image of the ${TITLES[role]}`, mono(imageDigest)] as const],
  )
  return [
    ['report.json', mono(digestOf(renderJson(report)))],
    ['Environment', mono(environmentOf(report).digest)],
    ...(catalogue === undefined ? [] : [[`Catalogue ${catalogue.version}`, mono(catalogue.digest)] as const]),
    ...(suite.image === undefined ? [] : [['Suite', mono(suite.image)] as const]),
    ...images,
  ]
}
