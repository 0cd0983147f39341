/** What may be weak, by the cells that are not explained yet: nodes and zones most of whose cells are bad. */
import type { MeasuredCell } from '../model/node-matrix.ts'
import type { Effects } from './median-polish.ts'
import type { SuspectedWeakness } from './weakness.ts'

/** A candidate, with the cells that it would explain, good ones too. */
export interface Suspect {
  readonly weakness: SuspectedWeakness
  readonly cells: readonly MeasuredCell[]
  /** Among candidates that fit equally, the lowest wins: a cell between two zones does not show which one is bad. */
  readonly rank: number
}

/** A node is weak in a role if this share of its cells is bad, or a half and the role's effect is large. */
const SHARE_OF_NODE = 0.6
const SHARE_WITH_EFFECT = 0.5
/** Smallest loss of quality that counts as an effect; the spread of all cells may demand more. */
const LEAST_EFFECT = 0.07
const SPREADS = 3
/** With fewer cells, no share proves anything. */
const ENOUGH_CELLS = 3
/** An uplink is weak if this share of the cells that use it is bad, while cells inside of the zones are good. */
const SHARE_OF_ZONE = 0.8
const MOST_INSIDE = 0.5
/** All uplinks are weak if this share of the cells that leave a zone is bad. */
const SHARE_OF_ALL_ZONES = 0.95
/** A zone of one node is that node. */
const ENOUGH_NODES = 2

const RANKS = { zonePair: 0, zone: 1, node: 2 } as const

export interface Unexplained {
  /** Judged cells between two nodes that nothing explains yet. */
  readonly cells: readonly MeasuredCell[]
  /** With those that are explained. */
  readonly all: readonly MeasuredCell[]
  readonly zones: ReadonlyMap<string, string | undefined>
  /** Of all cells. */
  readonly effects: Effects
}

export function suspectsOf(unexplained: Unexplained): Suspect[] {
  return [...weakNodes(unexplained), ...weakZones(unexplained)]
}

function isBad({ outcome }: MeasuredCell): boolean {
  return outcome === 'bad'
}

function share(cells: readonly MeasuredCell[]): number {
  return cells.length === 0 ? 0 : cells.filter(isBad).length / cells.length
}

function weakNodes({ cells, all, zones, effects }: Unexplained): Suspect[] {
  // In a matrix of three nodes no line has three cells.
  const enough = Math.min(ENOUGH_CELLS, Math.max(2, zones.size - 1))
  const sent = Map.groupBy(cells, ({ sender }) => sender)
  const received = Map.groupBy(cells, ({ receiver }) => receiver)
  const everSent = Map.groupBy(all, ({ sender }) => sender)
  const everReceived = Map.groupBy(all, ({ receiver }) => receiver)
  const limit = -Math.max(LEAST_EFFECT, SPREADS * effects.spread)
  const isWeak = (own: readonly MeasuredCell[], ever: readonly MeasuredCell[] = [], effect = 0) => {
    // An uplink has explained most of the line, and what it does not explain is bad too.
    if (own.length >= 2 && share(own) === 1 && ever.length >= ENOUGH_CELLS && share(ever) === 1) return true
    const isLarge = effect < limit && own.length >= ENOUGH_CELLS
    return own.length >= enough && share(own) >= (isLarge ? SHARE_WITH_EFFECT : SHARE_OF_NODE)
  }
  const suspect = (node: string, as: 'sender' | 'receiver' | 'both', own: readonly MeasuredCell[]) => ({
    weakness: { kind: 'node', node, as } as const,
    cells: own,
    rank: RANKS.node,
  })
  return [...new Set([...sent.keys(), ...received.keys()])].flatMap((node) => {
    const there = sent.get(node) ?? []
    const back = received.get(node) ?? []
    const isWeakSender = isWeak(there, everSent.get(node), effects.row.get(node))
    const isWeakReceiver = isWeak(back, everReceived.get(node), effects.column.get(node))
    const both = [...there, ...back]
    // With a ring each node has one cell in each role: if both are bad, the node is what they have in common.
    const isWeakInRing = there.length > 0 && back.length > 0 && share(both) === 1 && !isOnePair(both)
    if ((isWeakSender && isWeakReceiver) || isWeakInRing) return [suspect(node, 'both', both)]
    return [
      ...(isWeakSender ? [suspect(node, 'sender', there)] : []),
      ...(isWeakReceiver ? [suspect(node, 'receiver', back)] : []),
    ]
  })
}

function isOnePair(cells: readonly MeasuredCell[]): boolean {
  return new Set(cells.flatMap(({ sender, receiver }) => [sender, receiver])).size <= 2
}

function weakZones({ cells, zones }: Unexplained): Suspect[] {
  const zoneOf = (node: string) => zones.get(node)
  const names = [...new Set(zones.values())].filter((zone) => zone !== undefined)
  if (names.length < 2) return []
  const isInside = ({ sender, receiver }: MeasuredCell) =>
    zoneOf(sender) !== undefined && zoneOf(sender) === zoneOf(receiver)
  const inside = cells.filter(isInside)
  const across = cells.filter((cell) => !isInside(cell))
  const insideOf = Map.groupBy(inside, ({ sender }) => zoneOf(sender))
  const insideSender = Map.groupBy(inside, ({ sender }) => sender)
  const insideReceiver = Map.groupBy(inside, ({ receiver }) => receiver)

  /** Whether the cells are bad because they leave their zone: cells of the same nodes inside the zone are good. */
  const isUplink = (crossing: readonly MeasuredCell[]): boolean => {
    const senders = [...new Set(crossing.map(({ sender }) => sender))]
    const receivers = [...new Set(crossing.map(({ receiver }) => receiver))]
    return (
      crossing.length >= ENOUGH_CELLS &&
      share(crossing) >= SHARE_OF_ZONE &&
      senders.length >= ENOUGH_NODES &&
      receivers.length >= ENOUGH_NODES &&
      share(senders.flatMap((name) => insideSender.get(name) ?? [])) <= MOST_INSIDE &&
      share(receivers.flatMap((name) => insideReceiver.get(name) ?? [])) <= MOST_INSIDE
    )
  }
  // If all cells that leave a zone are bad, it shows of no zone that its uplink is good.
  const crossed = new Set(across.flatMap(({ sender, receiver }) => [zoneOf(sender), zoneOf(receiver)]))
  if (crossed.size > 2 && share(across) >= SHARE_OF_ALL_ZONES && isUplink(across))
    return names
      .filter((zone) => crossed.has(zone))
      .map((zone) => ({ weakness: { kind: 'zone', zone, way: 'both' }, cells: across, rank: RANKS.zone }))
  const out = Map.groupBy(across, ({ sender }) => zoneOf(sender))
  const into = Map.groupBy(across, ({ receiver }) => zoneOf(receiver))
  const ofOne = names.flatMap((zone) => {
    if (share(insideOf.get(zone) ?? []) > MOST_INSIDE) return []
    const ways = { out: out.get(zone) ?? [], in: into.get(zone) ?? [] }
    return waysOf(ways, isUplink, (way) => ({ kind: 'zone', zone, way }), RANKS.zone)
  })
  const ofTwo = names.flatMap((zone, index) =>
    names.slice(index + 1).flatMap((other) => {
      const [first, second] = zone < other ? [zone, other] : [other, zone]
      const ways = {
        out: (out.get(first) ?? []).filter(({ receiver }) => zoneOf(receiver) === second),
        in: (into.get(first) ?? []).filter(({ sender }) => zoneOf(sender) === second),
      }
      return waysOf(
        ways,
        isUplink,
        (way) => ({ kind: 'zone', zone: first, other: second, way }),
        RANKS.zonePair,
      )
    }),
  )
  return [...ofOne, ...ofTwo]
}

function waysOf(
  ways: Readonly<Record<'out' | 'in', readonly MeasuredCell[]>>,
  isWeak: (cells: readonly MeasuredCell[]) => boolean,
  weakness: (way: 'out' | 'in' | 'both') => SuspectedWeakness,
  rank: number,
): Suspect[] {
  const weak = (['out', 'in'] as const).filter((way) => isWeak(ways[way]))
  const suspect = (way: 'out' | 'in' | 'both', cells: readonly MeasuredCell[]) => ({
    weakness: weakness(way),
    cells,
    rank,
  })
  if (weak.length === 2) return [suspect('both', [...ways.out, ...ways.in])]
  return weak.map((way) => suspect(way, ways[way]))
}
