/** What changed of single nodes between two runs over many nodes. */
import type { NodeMatrix } from '../model/node-matrix.ts'
import type { Change } from './change.ts'
import { measuredNodes } from './matrix-text.ts'

/** Only nodes that both runs measured, because nothing is known of the others. */
export function nodeChanges(before: NodeMatrix | undefined, after: NodeMatrix | undefined): Change[] {
  if (before?.result === undefined || after?.result === undefined) return []
  const [measured, weakBefore, weakAfter] = [
    new Set(measuredNodes(after)),
    new Set(before.result.nodes),
    new Set(after.result.nodes),
  ]
  return measuredNodes(before).flatMap((name): Change[] => {
    const [was, is] = [weakBefore.has(name), weakAfter.has(name)]
    if (was === is || !measured.has(name)) return []
    const text = (isWeak: boolean) => (isWeak ? 'weak' : 'good')
    const kind = is ? 'regression' : 'improvement'
    return [{ section: 'Nodes', what: name, before: text(was), after: text(is), kind }]
  })
}
