/** What the parameters ask for between some nodes, with the values that apply if none are given. */
import type { PairingRequest } from '../../nodes/pairing.ts'
import type { Parameters } from '../parameters.ts'
import type { ChosenNode } from './choose-nodes.ts'

export function pairingRequest(
  { pairs = 'one', parallel = 'disjoint', sameNode = false }: Parameters,
  nodes: readonly ChosenNode[],
): PairingRequest & { readonly sameNode: boolean } {
  const rooms = nodes.map(({ name, room }) => ({
    name,
    room: room === 1 ? ('one' as const) : ('both' as const),
  }))
  return { nodes: rooms, pairs, parallel, sameNode }
}
