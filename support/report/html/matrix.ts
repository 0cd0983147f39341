/** The pairs of nodes: the result as a sentence, the matrix, what each node does, and the ledger of each cell. */
import { formatDuration } from '../../common/duration.ts'
import { capitalized, grouped, plural } from '../../common/text.ts'
import type { MatrixCell, NodeMatrix, Weakness } from '../../model/node-matrix.ts'
import type { Report } from '../../model/report.ts'
import { html, Html } from '../escape.ts'
import { type GridNode, gridOf, type MatrixGrid } from '../matrix-grid.ts'
import {
  attemptText,
  cellLedgerLines,
  cellText,
  countsText,
  matrixSentence,
  stateOf,
} from '../matrix-text.ts'
import { matrixPicture } from '../pictures/matrix-picture.ts'
import { cellId, matrixTable } from './matrix-table.ts'
import { text } from './parts.ts'

/** With more nodes, the numbers of the table do not fit a sheet of paper, which has the small picture instead. */
const FITS_PAPER = 14
/** Most pairs that are not good in the list; nodes.csv has all. */
const MOST_LISTED = 20
/** The sentence names so many weak nodes, and no more. */
const NAMED_IN_SENTENCE = 5

export function matrixSection({ nodeMatrix: matrix }: Report): Html | undefined {
  if (matrix === undefined) return undefined
  const grid = gridOf(matrix)
  const isLarge = matrix.nodes.length > FITS_PAPER
  const weak = matrix.result?.weak ?? []
  return html`<section aria-labelledby="nodes" class="${isLarge ? 'nodes large' : 'nodes'}">
    <h2 id="nodes">Pairs of nodes</h2>
    <p class="answer">${text(capitalized(matrixSentence(matrix)))}.</p>
    ${
      weak.length > NAMED_IN_SENTENCE &&
      html`<ul class="reasons">
        ${weak.map(({ sentence }) => html`<li>${text(sentence)}</li>`)}
      </ul>`
    }
    <p class="muted">
      ${grouped(matrix.cells.length)} pairs of ${plural(matrix.nodes.length, 'node')}:
      ${countsText(matrix)}.${took(matrix)}
    </p>
    <figure>
      <figcaption>
        Rows send, columns receive. The numbers are ${grid.figures.unit}. Each cell leads to its ledger.
        ${legend()}
      </figcaption>
      ${isLarge && html`<div class="overview">${new Html(matrixPicture(grid, { marked: markedIn(weak), label: matrixSentence(matrix) }))}</div>`}
      <div class="matrix-box" tabindex="0" role="region" aria-label="Matrix of nodes">
        ${matrixTable(grid)}
      </div>
    </figure>
    ${notGood(matrix)} ${nodesTable(grid)} ${ledgers(grid)}
  </section>`
}

function took({ startedAt, endedAt }: NodeMatrix): string {
  if (endedAt === undefined) return ''
  return ` Measured in ${formatDuration(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))}.`
}

function legend(): Html {
  const states = [
    ['good', '0', 'good'],
    ['bad', '9', 'bad'],
    ['not-judged', '?', 'not judged'],
    ['hole', '–', 'could not be measured'],
    ['empty', '', 'not requested'],
  ] as const
  return html`<ul class="matrix-legend">
    ${states.map(
      ([state, mark, what]) =>
        html`<li><span class="swatch ${state}" aria-hidden="true">${mark}</span> ${what}</li>`,
    )}
  </ul>`
}

/** Names of the nodes that are weak, or send in a weak pair. */
function markedIn(weak: readonly Weakness[]): string[] {
  return weak.flatMap((each) =>
    each.kind === 'node' ? [each.node] : each.kind === 'pair' ? [each.sender] : [],
  )
}

/** The pairs that are not good, with where their packets were lost. */
function notGood({ cells, result }: NodeMatrix): Html | undefined {
  const pairs = (result?.weak ?? []).filter(({ kind }) => kind === 'pair')
  // Those that no node or zone explains come first.
  const isOfPair = ({ sender, receiver }: MatrixCell) =>
    pairs.some((pair) => 'sender' in pair && pair.sender === sender && pair.receiver === receiver)
  const rank = (cell: MatrixCell) =>
    isOfPair(cell) ? 0 : { bad: 1, 'not-judged': 2, hole: 3, good: 4 }[stateOf(cell)]
  const listed = cells
    .filter((cell) => stateOf(cell) !== 'good')
    .toSorted((one, other) => rank(one) - rank(other))
  if (listed.length === 0) return undefined
  const shown = listed.slice(0, MOST_LISTED)
  return html`<h3>Pairs that are not good</h3>
    <ul class="not-good">
      ${shown.map(
        (cell) =>
          html`<li>
            <b>${text(cell.sender)} to ${text(cell.receiver)}</b>: ${text(cellText(cell))}
            ${cell.kind === 'measured' && html`<br /><span class="muted">${cellLedgerLines(cell).join('; ')}</span>`}
          </li>`,
      )}
      ${listed.length > shown.length && html`<li>and ${listed.length - shown.length} more, in nodes.csv</li>`}
    </ul>`
}

/** What each node does as sender and as receiver. */
function nodesTable(grid: MatrixGrid): Html {
  const { nodes, sentBy, receivedBy, figures } = grid
  const part = (cells: readonly MatrixCell[]) => {
    const judged = cells.filter((cell) => ['good', 'bad'].includes(stateOf(cell)))
    const bad = judged.filter((cell) => stateOf(cell) === 'bad').length
    const median = figures.median(cells)
    return html`<td class="number">${median === undefined ? '–' : figures.text(median)}</td>
      <td class="number${bad > 0 && ' failed'}">${bad} of ${judged.length}</td>`
  }
  return html`<h3>Each node</h3>
    <p class="muted">Medians are ${figures.unit}.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Each node">
      <table class="each-node">
        <thead>
          <tr>
            <th>Node</th>
            <th>Zone</th>
            <th class="number">Sends: median</th>
            <th class="number">bad</th>
            <th class="number">Receives: median</th>
            <th class="number">bad</th>
            <th>Hardware</th>
          </tr>
        </thead>
        <tbody>
          ${nodes.map(
            (node) =>
              html`<tr>
                <th scope="row">${text(node.name)}</th>
                <td>${text(node.zone ?? '–')}</td>
                ${part(sentBy(node))} ${part(receivedBy(node))}
                <td>${text(node.unusable ?? node.hardware ?? 'unknown')}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
}

/** The ledger of each cell, by sender; cells of the matrix lead here. */
function ledgers({ nodes, cell }: MatrixGrid): Html {
  return html`<details class="ledgers">
    <summary>Ledgers of all pairs</summary>
    ${nodes.flatMap((sender) => {
      const own = nodes.flatMap((receiver) => {
        const one = cell(sender, receiver)
        return one === undefined ? [] : [ledgerItem(one, sender, receiver)]
      })
      if (own.length === 0) return []
      return [
        html`<h4>${text(sender.name)} sends</h4>
          <ul>
            ${own}
          </ul>`,
      ]
    })}
  </details>`
}

function ledgerItem(cell: MatrixCell, sender: GridNode, receiver: GridNode): Html {
  const details =
    cell.kind === 'hole'
      ? ''
      : [...(cell.attempts.length > 1 ? cell.attempts.map(attemptText) : []), ...cellLedgerLines(cell)].join(
          '. ',
        )
  return html`<li id="${cellId(sender, receiver)}">
    to ${text(receiver.name)}, ${stateOf(cell)}: ${text(cellText(cell))}${details !== '' && `. ${details}`}
  </li>`
}
