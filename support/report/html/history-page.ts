/** The runs of a cluster over time as one page: a picture, the nodes, and every run. */
import { percentText } from '../../common/percent.ts'
import { grouped, plural } from '../../common/text.ts'
import { html, Html } from '../escape.ts'
import { type History, mixtureSentence, type PastRun } from '../history.ts'
import { hasCapacity, historyPicture } from '../pictures/history-picture.ts'
import { renderPage } from './page.ts'
import { moment, text } from './parts.ts'

/** On a phone, the table of runs scrolls. */
const RUNS_CSS = '.runs { min-width: 42rem }'
/** Most names in a cell; report.json has all. */
const MOST_NAMES = 6

/** Pixels for each part of the picture. */
const PART = 180
const WIDE = 920
const NARROW = 340

/** @param problems a sentence for each file that could not be read */
export function renderHistoryPage(history: History, problems: readonly string[]): string {
  const { runs } = history
  const [first, last] = [runs[0], runs.at(-1)]
  const range =
    first === undefined || last === undefined
      ? ''
      : `, ${moment(first.startedAt)} to ${moment(last.startedAt)}`
  const mixture = mixtureSentence(runs)
  return renderPage({
    css: RUNS_CSS,
    title: `DPDK checkup: history of ${plural(runs.length, 'run')}`,
    main: html`
      <header>
        <h1>DPDK readiness of a KubeVirt cluster over time</h1>
        <p>${plural(runs.length, 'run')}${range}.</p>
        ${mixture !== undefined && html`<p><b>${mixture}</b></p>`}
        ${
          problems.length > 0 &&
          html`<h3>Files that could not be read</h3>
            <ul class="reasons">
              ${problems.map((problem) => html`<li>${text(problem)}</li>`)}
            </ul>`
        }
      </header>
      ${runs.length > 0 && figure(runs)} ${nodeSection(history)} ${runSection(runs)}
    `,
  })
}

function figure(runs: readonly PastRun[]): Html {
  const height = (hasCapacity(runs) ? 3 : 2) * PART
  const [wide, narrow] = [WIDE, NARROW].map((width) => historyPicture(runs, { width, height }))
  const third = hasCapacity(runs) ? ', and the measured capacity' : ''
  return html`<section aria-labelledby="over-time">
    <h2 id="over-time">Over time</h2>
    <figure>
      <figcaption>
        From top to bottom: the verdict of each run, the share of its packets that was lost${third}. Circles:
        passed; rings: with waivers. Triangles: failed. Diamonds: inconclusive. Squares: errors.
      </figcaption>
      <div class="wide">${named(wide ?? '')}</div>
      <div class="narrow">${named(narrow ?? '')}</div>
    </figure>
  </section>`
}

function named(svg: string): Html {
  return new Html(
    svg.replace('<svg ', '<svg role="img" aria-label="Verdicts, losses and capacity of the runs" '),
  )
}

function nodeSection({ nodes }: History): Html | undefined {
  if (nodes.length === 0) return undefined
  return html`<section aria-labelledby="nodes">
    <h2 id="nodes">Nodes</h2>
    <p class="muted">
      A node is weak if at least half of its runs blame it: two of them, or one with a node matrix. A run
      blames the nodes that it failed on; with a node matrix, those that it names.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Runs</th>
            <th scope="col">Blame it</th>
          </tr>
        </thead>
        <tbody>
          ${nodes.map(
            ({ name, runs, failed, isWeak }) =>
              html`<tr>
                <th scope="row">${text(name)}${isWeak && html` <b class="failed">weak</b>`}</th>
                <td>${runs}</td>
                <td>${failed}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function runSection(runs: readonly PastRun[]): Html {
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Runs, the latest first</h2>
    <div class="scroll">
      <table class="runs">
        <thead>
          <tr>
            ${['Start', 'Verdict', 'Capacity', 'Lost', 'Not met', 'Nodes'].map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${runs.toReversed().map(runRow)}
        </tbody>
      </table>
    </div>
  </section>`
}

function runRow({
  startedAt,
  verdict,
  simulated,
  capacity,
  lossRatio,
  unmet,
  nodes,
  weakNodes,
}: PastRun): Html {
  return html`<tr>
    <th scope="row">${moment(startedAt)}</th>
    <td><b class="${verdict}">${verdict}</b>${simulated && ', simulated'}</td>
    <td>${capacity === undefined ? '' : `${grouped(capacity)} packets/s`}</td>
    <td>${lossRatio === undefined ? '' : lossRatio === 0 ? 'none' : percentText(lossRatio)}</td>
    <td>${text(listed(unmet))}</td>
    <td>
      ${text(listed(weakNodes === undefined ? nodes : weakNodes))}${weakNodes !== undefined && ` (weak, of ${nodes.length})`}
    </td>
  </tr>`
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
