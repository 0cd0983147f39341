/**
 * One direction of the ledger as a picture: generator, VM under test, generator, with the count at every hop, the
 * losses in between, and a mark at the first loss. The wide layout has the shape of the testbed, the narrow one is a
 * single column.
 */
import { grouped, oneLine, shorten } from '../../common/text.ts'
import { escapeHtml } from '../escape.ts'
import { type Direction, firstLossIndex, type Hop, hops } from '../../model/ledger.ts'
import { HEADINGS } from '../../model/role.ts'

export interface PathNames {
  /** Node of the generator; empty if unknown. */
  readonly generatorNode: string
  readonly vmNode: string
}

type Layout = 'wide' | 'narrow'

interface Point {
  readonly x: number
  readonly y: number
}

interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** Layouts in pixels; both are shown unscaled, so that text has the page's font size. */
const WIDE = { width: 920, height: 380 }
const NARROW = { width: 340, height: 678 }
const ROW = 27
const SIZE = 14

export function pathPicture(direction: Direction, names: PathNames, layout: Layout): string {
  const path = hops(direction)
  const { width, height } = layout === 'wide' ? WIDE : NARROW
  const drawn = layout === 'wide' ? wide(direction, path, names) : narrow(direction, path, names)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` role="img" aria-label="${escapeHtml(inWords(direction, path))}" font-size="${SIZE}">`,
    ...drawn,
    '</svg>',
  ].join('')
}

/** Text alternative of the picture. */
function inWords({ from, to }: Direction, path: readonly Hop[]): string {
  const first = path[firstLossIndex(path)]
  const counts = path.map(({ at, count }) => `${at} ${grouped(count)}`).join(', ')
  const loss =
    first === undefined ? 'no packet was lost' : `first loss: ${grouped(first.lost)} ${first.where}`
  return `Packets from ${from} to ${to}: ${counts}; ${loss}`
}

function wide(direction: Direction, path: readonly Hop[], names: PathNames): string[] {
  const { from, to } = direction
  const generator: Box = { x: 1, y: 1, width: 292, height: 378 }
  const vm: Box = { x: 579, y: 1, width: 340, height: 378 }
  const port = (box: Box, y: number, rows: number): Box => ({
    x: box.x + 14,
    y,
    width: box.width - 28,
    height: 30 + rows * ROW,
  })
  const send = port(generator, 96, 1)
  const back = port(generator, 281, 1)
  const rx = port(vm, 69, 3)
  const tx = port(vm, 254, 3)
  const [, arrived, , forwarded, , returned] = path
  return [
    ...guest(generator, HEADINGS['traffic-generator'], names.generatorNode),
    ...guest(vm, HEADINGS['vm-under-test'], names.vmNode),
    ...wire({ x: send.x + send.width, y: 124 }, { x: rx.x, y: 124 }, arrived, path, { x: 436, y: 110 }),
    ...wire({ x: 749, y: rx.y + rx.height }, { x: 749, y: tx.y }, forwarded, path, { x: 765, y: 222 }),
    ...wire({ x: tx.x, y: 309 }, { x: back.x + back.width, y: 309 }, returned, path, { x: 436, y: 295 }),
    ...generatorPort(send, from, 'sent', path[0], direction, 'generatorTx'),
    ...vmRxPort(rx, from, path, direction),
    ...vmTxPort(tx, to, path, direction),
    ...generatorPort(back, to, 'came back', path[5], direction, 'generatorRx'),
  ]
}

function narrow(direction: Direction, path: readonly Hop[], names: PathNames): string[] {
  const { from, to } = direction
  const x = 1
  const width = NARROW.width - 2
  // On the right, where the boxes that it enters have no text.
  const middle = 290
  const first: Box = { x, y: 1, width, height: 121 }
  const vm: Box = { x, y: 170, width, height: 338 }
  const last: Box = { x, y: 556, width, height: 121 }
  const inner = (y: number, rows: number): Box => ({
    x: x + 12,
    y,
    width: width - 24,
    height: 30 + rows * ROW,
  })
  const send = inner(54, 1)
  const rx = inner(223, 3)
  const tx = inner(386, 3)
  const back = inner(609, 1)
  const [, arrived, , forwarded, , returned] = path
  const between = (above: Box, below: Box, hop: Hop | undefined, y: number) =>
    wire({ x: middle, y: above.y + above.height }, { x: middle, y: below.y }, hop, path, {
      x: middle - 16,
      y,
    })
  return [
    ...guest(first, HEADINGS['traffic-generator'], names.generatorNode),
    ...guest(vm, HEADINGS['vm-under-test'], names.vmNode),
    ...guest(last, HEADINGS['traffic-generator'], names.generatorNode),
    ...between(send, rx, arrived, 151),
    ...between(rx, tx, forwarded, 365),
    ...between(tx, back, returned, 537),
    ...generatorPort(send, from, 'sent', path[0], direction, 'generatorTx'),
    ...vmRxPort(rx, from, path, direction),
    ...vmTxPort(tx, to, path, direction),
    ...generatorPort(back, to, 'came back', path[5], direction, 'generatorRx'),
  ]
}

function guest(box: Box, title: string, node: string): string[] {
  const x = box.x + 14
  return [
    rect(box, 'fill="var(--raised)" stroke="var(--line)" rx="6"'),
    text({ x, y: box.y + 24 }, title, 'font-weight="600" fill="var(--ink)"'),
    text({ x, y: box.y + 43 }, shorten(oneLine(node), 36), 'font-size="13" fill="var(--muted)"'),
  ]
}

function generatorPort(
  box: Box,
  port: string,
  label: string,
  hop: Hop | undefined,
  direction: Direction,
  key: string,
): string[] {
  return [...portBox(box, port), ...row(box, 0, label, hop?.count ?? 0, fieldOf(direction, key))]
}

function vmRxPort(box: Box, port: string, path: readonly Hop[], direction: Direction): string[] {
  return [
    ...portBox(box, port),
    ...row(box, 0, 'arrived', path[1]?.count ?? 0),
    ...dropRow(box, 1, 'RX dropped', path, 2, fieldOf(direction, 'vmRxDropped')),
    ...row(box, 2, 'received', path[2]?.count ?? 0, fieldOf(direction, 'vmRx')),
  ]
}

function vmTxPort(box: Box, port: string, path: readonly Hop[], direction: Direction): string[] {
  return [
    ...portBox(box, port),
    ...row(box, 0, 'forwarded', path[3]?.count ?? 0),
    ...dropRow(box, 1, 'TX dropped', path, 4, fieldOf(direction, 'vmTxDropped')),
    ...row(box, 2, 'sent', path[4]?.count ?? 0, fieldOf(direction, 'vmTx')),
  ]
}

/** The report field that a number shows. */
function fieldOf({ from }: Direction, key: string): string {
  return `${from === 'east' ? 'eastToWest' : 'westToEast'}.${key}`
}

function portBox(box: Box, port: string): string[] {
  return [
    rect(box, 'fill="var(--paper)" stroke="var(--line)" rx="4"'),
    text(
      { x: box.x + 12, y: box.y + 19 },
      `${port} port`,
      'font-size="12" font-weight="600" fill="var(--muted)"',
    ),
  ]
}

function row(box: Box, index: number, label: string, count: number, of = '', paint = 'var(--ink)'): string[] {
  const y = box.y + 41 + index * ROW
  const field = of === '' ? '' : ` data-of="${of}" data-value="${count}"`
  return [
    text({ x: box.x + 12, y }, label, 'fill="var(--muted)"'),
    text(
      { x: box.x + box.width - 12, y },
      grouped(count),
      `text-anchor="end" font-size="16" font-weight="600" fill="${paint}" style="font-variant-numeric:tabular-nums"${field}`,
    ),
  ]
}

function dropRow(
  box: Box,
  index: number,
  label: string,
  path: readonly Hop[],
  hop: number,
  of: string,
): string[] {
  const lost = path[hop]?.lost ?? 0
  const y = box.y + 41 + index * ROW
  const mark = firstLossIndex(path) === hop ? badge({ x: box.x + 100, y: y - 14 }) : []
  const highlight =
    lost > 0 ? [rect({ x: box.x + 1, y: y - 18, width: box.width - 2, height: ROW - 1 }, TINT)] : []
  return [
    ...highlight,
    ...row(box, index, label, lost, of, lost > 0 ? 'var(--failed)' : 'var(--muted)'),
    ...mark,
  ]
}

const TINT = 'fill="var(--failed)" fill-opacity="0.1"'

/** An arrow between two hops, labelled with the loss between them. */
function wire(start: Point, end: Point, hop: Hop | undefined, path: readonly Hop[], label: Point): string[] {
  const lost = hop?.lost ?? 0
  const paint = lost > 0 ? 'var(--failed)' : lost < 0 ? 'var(--inconclusive)' : 'var(--muted)'
  const [dx, dy] = [Math.sign(end.x - start.x), Math.sign(end.y - start.y)]
  const tip = `${end.x},${end.y}`
  const base = { x: end.x - dx * 10, y: end.y - dy * 10 }
  const sides = [1, -1].map((side) => `${base.x + side * dy * 5},${base.y + side * dx * 5}`)
  const isAcross = dx !== 0
  // A vertical arrow has no room for the name of the hop, and its position shows it.
  const where = isAcross ? ` ${hop?.where ?? ''}` : ''
  const lossText = lost < 0 ? `${grouped(-lost)} more than before` : `${grouped(lost)} lost${where}`
  const isFirst = hop !== undefined && path[firstLossIndex(path)] === hop
  const weight = lost === 0 ? '' : ' font-weight="600"'
  const isLeft = label.x < start.x
  const anchor = isAcross ? ' text-anchor="middle"' : isLeft ? ' text-anchor="end"' : ''
  const room = lossText.length * 7.6 + 8
  const beside = isLeft ? label.x - room - BADGE : label.x + room
  const mark = isFirst
    ? badge(isAcross ? { x: label.x - BADGE / 2, y: label.y - 36 } : { x: beside, y: label.y - 14 })
    : []
  return [
    `<path d="M${start.x} ${start.y}L${base.x} ${base.y}" stroke="${paint}" stroke-width="${lost === 0 ? 2 : 3}"/>`,
    `<polygon points="${tip} ${sides.join(' ')}" fill="${paint}"/>`,
    text(label, lossText, `font-size="13" fill="${paint}"${weight}${anchor}`),
    ...mark,
  ]
}

/** Width of the badge, in pixels. */
const BADGE = 68

function badge({ x, y }: Point): string[] {
  return [
    rect({ x, y, width: BADGE, height: 19 }, 'rx="9.5" fill="var(--failed)"'),
    text(
      { x: x + BADGE / 2, y: y + 14 },
      'first loss',
      'text-anchor="middle" font-size="12" font-weight="600" fill="var(--on-failed)"',
    ),
  ]
}

function rect({ x, y, width, height }: Box, more: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${more}/>`
}

function text({ x, y }: Point, content: string, more: string): string {
  return `<text x="${x}" y="${y}" ${more}>${escapeHtml(content)}</text>`
}
