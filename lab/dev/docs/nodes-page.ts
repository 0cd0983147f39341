/** docs/nodes.md: what a matrix costs, by the estimate that the preflight uses. */
import { PAIR_CHOICES } from '../../../support/model/node-matrix.ts'
import { timeouts } from '../../../support/model/timeouts.ts'
import { costOf } from '../../../support/nodes/pairing.ts'
import { BOOTS_AT_ONCE, CELL_OVERHEAD } from '../../../support/readiness/matrix/matrix-time.ts'

const NODES = [3, 10, 40]
const MINUTE = 60_000
const TIMES = {
  traffic: 15_000,
  overhead: CELL_OVERHEAD,
  boot: timeouts.usualBeforeTraffic,
  bootsAtOnce: BOOTS_AT_ONCE,
}

export function nodesBlock(): string {
  const rows = NODES.flatMap((count) =>
    PAIR_CHOICES.map((pairs) => {
      const nodes = Array.from({ length: count }, (_, index) => ({
        name: `n${index}`,
        room: 'both' as const,
      }))
      const minutes = (['disjoint', 'shift', 'serial'] as const).map((parallel) =>
        (costOf({ nodes, pairs, parallel }, TIMES, 0).time / MINUTE).toFixed(0),
      )
      const { cells } = costOf({ nodes, pairs, parallel: 'disjoint' }, TIMES, 0)
      return `| ${count} | \`${pairs}\` | ${cells} | ${minutes.join(' | ')} |`
    }),
  )
  return [
    '| nodes | `pairs` | pairs | minutes, `disjoint` | `shift` | `serial` |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
