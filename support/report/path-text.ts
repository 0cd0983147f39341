/** The path of the packets for the closing text: a line for each port, with the loss on the way to it. */
import { grouped } from '../common/text.ts'
import { directions, type Direction, directionText, firstLossIndex, hops, isSilent } from '../model/ledger.ts'
import type { Traffic } from '../model/traffic.ts'
import { secondOf, timelineOf } from './timeline.ts'

/**
 * The lines of both directions. If the generator sends nothing in the second direction, its lines are shown only if it
 * has packets.
 */
export function pathLines(traffic: Traffic): string[] {
  const [there, back] = directions(traffic.ledger)
  const since = (from: Direction['from']) => {
    const { firstLoss } = timelineOf(traffic, from)
    return firstLoss === undefined ? '' : `, first in second ${grouped(secondOf(firstLoss))}`
  }
  if (traffic.directions === 2)
    return [there, back].flatMap((direction, index) => [
      ...(index === 0 ? [] : ['']),
      `  ${directionText(direction)}`,
      ...directionLines(direction, since(direction.from)),
    ])
  const foreign = '  west to east, in which the generator sends nothing: all of these frames are foreign'
  return [
    ...directionLines(there, since('east')),
    ...(isSilent(back) ? [] : ['', foreign, ...directionLines(back, '')]),
  ]
}

/** The indices in `hops` at which packets pass a port, and the verb for the count. */
const PORTS = new Map([
  [0, 'sent'],
  [2, 'received'],
  [4, 'sent'],
  [5, 'received'],
])

interface Row {
  readonly at: string
  readonly verb: string
  readonly count: string
  readonly lost: string
  readonly mark: string
}

function directionLines(direction: Direction, since: string): string[] {
  const path = hops(direction)
  const first = firstLossIndex(path)
  const rows: Row[] = []
  // The loss of the step before a port is shown at the port, unless the port has a loss too.
  let carried: { readonly lost: number; readonly index: number } | undefined
  path.forEach(({ at, count, lost }, index) => {
    const verb = PORTS.get(index)
    if (verb === undefined && path[index + 1]?.lost === 0) {
      carried = { lost, index }
      return
    }
    const parts = at.split(' ')
    const [where, what] = [parts.slice(0, -1).join(' '), verb ?? parts.at(-1) ?? '']
    const shown = { lost: carried?.lost ?? lost, index: carried?.index ?? index }
    carried = undefined
    // A step within the VM is shown only if it has a loss.
    if (verb === undefined && lost === 0) return
    const mark = shown.index === first ? `◀ here${since}` : ''
    rows.push({
      at: where,
      verb: what,
      count: grouped(count),
      lost: index === 0 ? '' : lossText(shown.lost),
      mark,
    })
  })
  const widest = (of: (row: Row) => string) => Math.max(...rows.map((row) => of(row).length))
  const [at, verb] = [widest((row) => row.at), widest((row) => row.verb)]
  const [count, lost] = [widest((row) => row.count), widest((row) => row.lost)]
  return rows.map((row) =>
    `  ${row.at.padEnd(at)}  ${row.verb.padEnd(verb)}  ${row.count.padStart(count)}   ${row.lost.padStart(lost)}  ${row.mark}`.trimEnd(),
  )
}

/** A gain is shown as `more`: packets came in that the previous hop did not count. */
function lossText(lost: number): string {
  return lost < 0 ? `${grouped(-lost)} more` : `${grouped(lost)} lost`
}
