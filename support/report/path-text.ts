/** The path of the packets for the closing text: a line for each port they pass, with what was lost before it. */
import { grouped } from '../common/text.ts'
import { directions, type Direction, firstLossIndex, hops, isSilent } from '../model/ledger.ts'
import type { Traffic } from '../model/report.ts'
import { secondOf, timelineOf } from './timeline.ts'

/** In the second direction nothing is sent: it is shown where anything was seen in it. */
export function pathLines(traffic: Traffic): string[] {
  const [there, back] = directions(traffic.ledger)
  const { firstLoss } = timelineOf(traffic)
  const since = firstLoss === undefined ? '' : `, first in second ${grouped(secondOf(firstLoss))}`
  const foreign = '  west to east, where nothing is sent: all of it is foreign'
  return [
    ...directionLines(there, since),
    ...(isSilent(back) ? [] : ['', foreign, ...directionLines(back, '')]),
  ]
}

/** Of the steps that `hops` gives: those at which a port is passed, by what people call its count. */
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
  // What went missing in the step before a port is told at the port, unless more did there.
  let carried: { readonly lost: number; readonly index: number } | undefined
  path.forEach(({ at, count, lost }, index) => {
    const verb = PORTS.get(index)
    if (verb === undefined && path[index + 1]?.lost === 0) {
      carried = { lost, index }
      return
    }
    const words = at.split(' ')
    const [where, what] = [words.slice(0, -1).join(' '), verb ?? words.at(-1) ?? '']
    const told = { lost: carried?.lost ?? lost, index: carried?.index ?? index }
    carried = undefined
    // Without a loss a step within the VM is none that people know of.
    if (verb === undefined && lost === 0) return
    const mark = told.index === first ? `◀ here${since}` : ''
    rows.push({
      at: where,
      verb: what,
      count: grouped(count),
      lost: index === 0 ? '' : lossText(told.lost),
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

/** A gain is shown as one: packets came in that were not counted at the hop before. */
function lossText(lost: number): string {
  return lost < 0 ? `${grouped(-lost)} more` : `${grouped(lost)} lost`
}
