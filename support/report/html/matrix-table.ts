/** The node matrix as a table: number and colour in each cell, which leads to the cell's ledger. */
import { oneLine, shorten } from '../../common/text.ts'
import type { MatrixCell } from '../../model/node-matrix.ts'
import { html, type Html } from '../escape.ts'
import type { GridNode, MatrixGrid } from '../matrix-grid.ts'
import { cellText, type CellState, stateOf } from '../matrix-text.ts'

/** Characters of a node's name in a heading. */
const LONGEST_NAME = 40

export function cellId(sender: GridNode, receiver: GridNode): string {
  return `cell-${sender.index}-${receiver.index}`
}

/** Sent by rows, received by columns. */
export function matrixTable({ nodes, zones, cell, sentBy, receivedBy, figures }: MatrixGrid): Html {
  const hasZones = zones.some(({ zone }) => zone !== undefined)
  const median = (cells: readonly MatrixCell[]) => {
    const value = figures.median(cells)
    return value === undefined ? '' : figures.text(value)
  }
  const starts = new Set(
    zones.slice(1).flatMap(({ nodes: [first] }) => (first === undefined ? [] : [first.index])),
  )
  const edge = (node: GridNode) => (starts.has(node.index) ? ' edge' : '')
  return html`<table class="matrix">
    <thead>
      ${
        hasZones &&
        html`<tr>
          <th class="corner"></th>
          ${zones.map(
            ({ zone, nodes: members }, index) =>
              html`<th class="zone${index > 0 && ' edge'}" colspan="${members.length}" scope="colgroup">
                ${nameOf(zone ?? 'no zone')}
              </th>`,
          )}
          <th></th>
        </tr>`
      }
      <tr>
        <th class="corner">sends ↓ receives →</th>
        ${nodes.map(
          (node) => html`<th class="column${edge(node)}" scope="col"><span>${nameOf(node.name)}</span></th>`,
        )}
        <th class="column" scope="col"><span>median</span></th>
      </tr>
    </thead>
    <tbody>
      ${nodes.map(
        (sender) =>
          html`<tr class="${edge(sender)}">
            <th scope="row">${nameOf(sender.name)}</th>
            ${nodes.map((receiver) => cellOf(sender, receiver, cell(sender, receiver)))}
            <td class="median">${median(sentBy(sender))}</td>
          </tr>`,
      )}
      <tr>
        <th scope="row">median</th>
        ${nodes.map((node) => html`<td class="median${edge(node)}">${median(receivedBy(node))}</td>`)}
        <td></td>
      </tr>
    </tbody>
  </table>`

  function cellOf(sender: GridNode, receiver: GridNode, one: MatrixCell | undefined): Html {
    if (one === undefined) return html`<td class="${edge(receiver)}"></td>`
    const state = stateOf(one)
    const value = figures.of(one)
    const shown = SHOWN[state] ?? (value === undefined ? '?' : figures.text(value))
    const title = state === 'good' ? undefined : shorten(oneLine(cellText(one)), 300)
    // A hundred nodes have ten thousand cells: the Tab key reaches only those that need attention.
    return html`<td class="${state}${edge(receiver)}">
      <a
        href="#${cellId(sender, receiver)}"
        ${state === 'good' && html` tabindex="-1"`}${title !== undefined && html` title="${title}"`}
        >${shown}</a
      >
    </td>`
  }
}

const SHOWN: Readonly<Partial<Record<CellState, string>>> = { 'not-judged': '?', hole: '–' }

function nameOf(name: string): Html {
  return html`<span class="text">${shorten(oneLine(name), LONGEST_NAME)}</span>`
}
