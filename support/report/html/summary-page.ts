/**
 * The report as one HTML page for people, to read and to sign. A single file without scripts or external resources, for
 * phones, paper, and light and dark screens.
 */
import { readFileSync } from 'node:fs'
import { sha256 } from '../../common/canonical-json.ts'
import { oneLine } from '../../common/text.ts'
import { docsAddress } from '../docs-links.ts'
import { renderJson } from '../json.ts'
import type { Report } from '../../model/report.ts'
import { appendix } from './appendix.ts'
import { capacitySection } from './capacity.ts'
import { criteriaSection, diagnosisSection } from './criteria.ts'
import { identitySection } from './identity.ts'
import { html } from '../escape.ts'
import { renderPage } from './page.ts'
import { moment } from './parts.ts'
import { latencySection } from './latency.ts'
import { matrixSection } from './matrix.ts'
import { ledgerSection, timelineSection } from './traffic.ts'
import { leftoversSection, parametersSection, phasesSection, topologySection } from './testbed.ts'
import { verdictSection } from './verdict.ts'

const MATRIX_STYLES = readFileSync(new URL('matrix.css', import.meta.url), 'utf8')

/** @param docs address of the documentation; default: that of the package's repository, where it is public */
export function renderSummaryPage(report: Report, docs: string | undefined = docsAddress(report)): string {
  const { verdict, suite, cluster, simulated } = report
  const title = `DPDK checkup ${verdict}${simulated === true ? ' (simulated cluster)' : ''}: ${oneLine(cluster.namespace)}/${oneLine(cluster.configMap)}`
  return renderPage({
    title,
    css: `${report.nodeMatrix === undefined ? '' : MATRIX_STYLES} ${paperFooter(report)}`,
    main: html`
      ${verdictSection(report)} ${diagnosisSection(report, docs)} ${matrixSection(report)}
      ${ledgerSection(report)} ${timelineSection(report)} ${capacitySection(report)} ${latencySection(report)}
      ${leftoversSection(report)} ${criteriaSection(report, docs)}
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
    `,
  })
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
  return sha256(renderJson(report))
}
