/**
 * The report as one HTML page for people, to read and to sign. A single file without scripts or external resources, for
 * phones, paper, and light and dark screens.
 */
import { oneLine, shorten } from '../../common/text.ts'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { renderJson } from '../json.ts'
import type { Report } from '../../model/report.ts'
import { DARK, declarations, LIGHT } from '../pictures/palette.ts'
import { appendix } from './appendix.ts'
import { capacitySection } from './capacity.ts'
import { criteriaSection, diagnosisSection } from './criteria.ts'
import { identitySection } from './identity.ts'
import { html, Html } from '../escape.ts'
import { moment } from './parts.ts'
import { latencySection } from './latency.ts'
import { ledgerSection, timelineSection } from './traffic.ts'
import { leftoversSection, parametersSection, phasesSection, topologySection } from './testbed.ts'
import { verdictSection } from './verdict.ts'

const STYLES = readFileSync(new URL('summary.css', import.meta.url), 'utf8')

/** Forbids scripts and requests, in case a text from the report escapes into the markup. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

export function renderSummaryPage(report: Report): string {
  const { verdict, suite, cluster, simulated } = report
  const title = `DPDK checkup ${verdict}${simulated === true ? ' (simulated cluster)' : ''}: ${oneLine(cluster.namespace)}/${oneLine(cluster.configMap)}`
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${shorten(title, 200)}</title>
        <link rel="icon" href="data:," />
        <style>
          :root { ${new Html(declarations(LIGHT))} }
          @media screen and (prefers-color-scheme: dark) { :root { ${new Html(declarations(DARK))} } }
          ${new Html(STYLES)} ${new Html(paperFooter(report))}
        </style>
      </head>
      <body>
        <main>
          ${verdictSection(report)} ${diagnosisSection(report)} ${ledgerSection(report)}
          ${timelineSection(report)} ${capacitySection(report)} ${latencySection(report)}
          ${leftoversSection(report)} ${criteriaSection(report)}
          <div class="sign" aria-hidden="true">
            <div>Name</div>
            <div>Date</div>
            <div>Signature</div>
          </div>
          ${identitySection(report)} ${topologySection(report)} ${phasesSection(report)}
          ${parametersSection(report)} ${appendix(report)}
          <footer>
            <p>
              ${oneLine(suite.name)} ${oneLine(suite.version)}, ${report.apiVersion},
              ${moment(report.completedAt)}.<br />
              This page shows the report.json with the SHA-256 digest<br /><span class="text mono"
                >${digest(report)}</span
              >
            </p>
          </footer>
        </main>
      </body>
    </html> `
  return page.markup
}

/** The footer of each printed page: the digest of its report.json, and the page number. */
function paperFooter(report: Report): string {
  const style = 'font: 8pt monospace; color: #565d66'
  return `@page {
    @bottom-left { content: "report.json sha256 ${digest(report)}"; ${style} }
    @bottom-right { content: counter(page) " / " counter(pages); ${style} }
  }`
}

/** SHA-256 of the file report.json, so that a signed page identifies its report. */
function digest(report: Report): string {
  return createHash('sha256').update(renderJson(report)).digest('hex')
}
