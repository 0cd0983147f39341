/**
 * The node matrix as a small picture that always fits the page: a square for each cell, grouped by zone. Rows send,
 * columns receive. One path for each kind of cell, so that a hundred nodes are no large file.
 */
import { oneLine, shorten } from '../../common/text.ts'
import { escapeHtml } from '../escape.ts'
import type { GridNode, MatrixGrid } from '../matrix-grid.ts'
import { type CellState, stateOf } from '../matrix-text.ts'

/** Units of the picture. */
const CELL = 10
const GAP = 6
/** Shares of the picture's size, so that texts are readable however many nodes there are. */
const FONT_SHARE = 1 / 55
const LEAST_FONT = 9
const LONGEST_ZONE = 12
const LONGEST_NAME = 20

/** Of the squares; `hole` is drawn as a hatch, so that it does not look like a measured value. */
const FILLS: Readonly<Record<CellState, string>> = {
  good: 'fill="var(--returned)" fill-opacity=".22"',
  bad: 'fill="var(--failed)"',
  'not-judged': 'fill="none" stroke="var(--inconclusive)" stroke-width="2"',
  hole: 'fill="none" stroke="var(--muted)" stroke-width="1"',
}

export interface MatrixPicture {
  /** Names of nodes to write beside their rows. */
  readonly marked: readonly string[]
  /** Says what the picture shows, to those who do not see it. */
  readonly label: string
}

export function matrixPicture({ nodes, zones, cell }: MatrixGrid, { marked, label }: MatrixPicture): string {
  const places = new Map<number, number>()
  let at = 0
  for (const { nodes: members } of zones) {
    for (const { index } of members) {
      places.set(index, at)
      at += CELL
    }
    at += GAP
  }
  const size = at - GAP
  const place = ({ index }: GridNode) => places.get(index) ?? 0
  const font = Math.max(LEAST_FONT, size * FONT_SHARE)
  const hasZones = zones.some(({ zone }) => zone !== undefined)
  // A letter is about six tenths of the font's size wide.
  const left = font * 0.6 * (hasZones ? LONGEST_ZONE : 8) + GAP
  const right = marked.length === 0 ? 2 : font * 0.6 * LONGEST_NAME + GAP
  const top = 3 * font
  const paths: Record<CellState, string[]> = { good: [], bad: [], 'not-judged': [], hole: [] }
  for (const sender of nodes)
    for (const receiver of nodes) {
      const one = cell(sender, receiver)
      if (one === undefined) continue
      const state = stateOf(one)
      paths[state].push(squareOf(state, left + place(receiver), top + place(sender)))
    }
  const [width, height] = [Math.ceil(left + size + right), Math.ceil(top + size + 2)]
  const write = (x: number, y: number, color: string, text: string) =>
    `<text x="${Math.round(x)}" y="${Math.round(y)}" fill="var(--${color})">${escapeHtml(text)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}" font-size="${font.toFixed(1)}">`,
    write(0, font, 'muted', 'sends ↓'),
    write(left, font, 'muted', 'receives →'),
    ...zones.flatMap(({ zone, nodes: [first] }) => {
      if (zone === undefined || first === undefined) return []
      const text = shorten(oneLine(zone), LONGEST_ZONE)
      return [
        write(0, top + place(first) + font, 'ink', text),
        write(left + place(first), top - font / 2, 'ink', text),
      ]
    }),
    ...Object.entries(paths).map(([state, squares]) =>
      squares.length === 0 ? '' : `<path ${FILLS[state as CellState]} d="${squares.join('')}"/>`,
    ),
    ...namesBeside(nodes, marked, font, place).map(({ node, y }) =>
      write(left + size + GAP, top + y + CELL, 'failed', shorten(oneLine(node.name), LONGEST_NAME)),
    ),
    '</svg>',
  ].join('')
}

function squareOf(state: CellState, x: number, y: number): string {
  const side = CELL - 1
  if (state === 'hole')
    return `M${x} ${y + side}l${side} ${-side}M${x} ${y + side / 2}l${side / 2} ${-side / 2}`
  // The outline of a square that is not filled lies within it.
  if (state === 'not-judged') return `M${x + 1} ${y + 1}h${side - 2}v${side - 2}h${2 - side}z`
  return `M${x} ${y}h${side}v${side}h${-side}z`
}

/** The marked nodes whose names fit next to their rows. */
function namesBeside(
  nodes: readonly GridNode[],
  marked: readonly string[],
  font: number,
  place: (node: GridNode) => number,
): { readonly node: GridNode; readonly y: number }[] {
  const names = new Set(marked)
  let free = -Infinity
  return nodes.flatMap((node) => {
    const y = place(node)
    if (!names.has(node.name) || y < free) return []
    free = y + font
    return [{ node, y }]
  })
}
