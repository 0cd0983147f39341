/**
 * Which pairs of nodes are measured, and which of them at the same time. Pure: the driver asks for a plan, leaves out
 * what is done, and asks again after a node was lost.
 *
 * All cells of n nodes take as few rounds as possible: with disjoint pairs 2(n − 1) by the circle method (each pair
 * twice, with its roles exchanged), in shifts n − 1.
 */
import { MOST_REPEATS } from './judge-cell.ts'
import type { NodePair, PairChoice, Parallel } from '../model/node-matrix.ts'

/** A node, and whether it has room for both VMs, or for one at a time: then its role alternates. */
export interface PairedNode {
  readonly name: string
  readonly room: 'both' | 'one'
}

/** The one VM that a node runs, if it has room for only one. */
export type NodeRole = 'sender' | 'receiver'

/** Rounds between which no node changes its role. */
export interface Phase {
  /** Of the nodes that have room for one VM only. */
  readonly roles: ReadonlyMap<string, NodeRole>
  /** In the order of measurement; the pairs of a round send at the same time. */
  readonly rounds: readonly (readonly NodePair[])[]
}

export interface PairingRequest {
  /** In the order of the ring. */
  readonly nodes: readonly PairedNode[]
  readonly pairs: PairChoice
  readonly parallel: Parallel
  /** Whether to measure both VMs on one node too. */
  readonly sameNode?: boolean
  /** Leaves out pairs, e.g. those that an interrupted run has measured. */
  readonly isDone?: (pair: NodePair) => boolean
}

/** The requested cells, in an order from which rounds can be filled one after the other. */
export function pairsOf({ nodes, pairs, parallel, sameNode = false }: PairingRequest): NodePair[] {
  const names = nodes.map(({ name }) => name)
  const between =
    pairs === 'one' ? neighbours(names) : pairs === 'ring' ? shifts(names, [1]) : allPairs(names, parallel)
  return [...between, ...(sameNode ? names.map((name) => ({ sender: name, receiver: name })) : [])]
}

function allPairs(names: readonly string[], parallel: Parallel): NodePair[] {
  if (parallel !== 'disjoint') return shifts(names, [...names.keys()].slice(1))
  const there = circle(names)
  return [...there, ...there.map(({ sender, receiver }) => ({ sender: receiver, receiver: sender }))]
}

/** Each node in one pair; of an odd number the last one sends to the first. */
function neighbours(names: readonly string[]): NodePair[] {
  if (names.length < 2) return []
  return names.flatMap((sender, index) =>
    index % 2 === 0 ? [{ sender, receiver: names[(index + 1) % names.length] ?? sender }] : [],
  )
}

/** For each step k: the pairs of each node and the node that is k places after it. */
function shifts(names: readonly string[], steps: readonly number[]): NodePair[] {
  const { length } = names
  return steps.flatMap((step) =>
    names.flatMap((sender, index) => {
      const receiver = names[(index + step) % length]
      return receiver === undefined || receiver === sender ? [] : [{ sender, receiver }]
    }),
  )
}

/**
 * The circle method of round-robin tournaments: the first node keeps its place, the others rotate, and opposite places
 * are pairs. With an odd number one place stays empty.
 */
function circle(names: readonly string[]): NodePair[] {
  const places: (string | undefined)[] = names.length % 2 === 0 ? [...names] : [...names, undefined]
  const [fixed, ...others] = places
  const rounds = others.length
  return Array.from({ length: rounds }, (_, round) => {
    const turned = [fixed, ...others.map((_each, index) => others[(index + round) % rounds])]
    return turned.slice(0, turned.length / 2).flatMap((one, index) => {
      const other = turned[turned.length - 1 - index]
      if (one === undefined || other === undefined) return []
      // Exchanged in every second round, so that the fixed node does not only send in one half of the run.
      return round % 2 === 0 ? [{ sender: one, receiver: other }] : [{ sender: other, receiver: one }]
    })
  }).flat()
}

export interface Plan {
  readonly phases: readonly Phase[]
  /** Cells of the diagonal whose nodes have room for one VM only. */
  readonly impossible: readonly NodePair[]
}

/** The plan of all pairs that are not done. */
export function planOf(request: PairingRequest): Plan {
  const { nodes, parallel, isDone = () => false } = request
  let left = pairsOf(request).filter((pair) => !isDone(pair))
  const phases: Phase[] = []
  for (const roles of roleChanges(nodes.filter(({ room }) => room === 'one').map(({ name }) => name))) {
    const can = ({ sender, receiver }: NodePair) =>
      roles.get(sender) !== 'receiver' && roles.get(receiver) !== 'sender'
    const rounds = fillRounds(left.filter(can), parallel)
    if (rounds.length > 0) phases.push({ roles, rounds })
    left = left.filter((pair) => !can(pair))
  }
  return { phases, impossible: left }
}

/**
 * Assignments of roles, so that each two nodes have both orders of roles in some of them: the node's number in binary
 * digits, each digit and its complement. For n nodes that is 2⌈log₂ n⌉ assignments; each costs a boot of all of them.
 */
function* roleChanges(names: readonly string[]): Generator<ReadonlyMap<string, NodeRole>> {
  const digits = Math.max(1, Math.ceil(Math.log2(Math.max(1, names.length))))
  for (let digit = 0; digit < digits; digit += 1)
    for (const sender of [0, 1])
      yield new Map(
        names.map((name, index) => [name, ((index >> digit) & 1) === sender ? 'sender' : 'receiver']),
      )
}

/** Puts each pair into the first round in which its nodes are free. */
function fillRounds(pairs: readonly NodePair[], parallel: Parallel): NodePair[][] {
  if (parallel === 'serial') return pairs.map((pair) => [pair])
  const rounds: { pairs: NodePair[]; senders: Set<string>; receivers: Set<string> }[] = []
  for (const pair of pairs) {
    const { sender, receiver } = pair
    const isFree = ({ senders, receivers }: Pick<(typeof rounds)[number], 'senders' | 'receivers'>) =>
      !senders.has(sender) &&
      !receivers.has(receiver) &&
      (parallel === 'shift' || (!senders.has(receiver) && !receivers.has(sender)))
    let round = rounds.find(isFree)
    if (round === undefined) {
      round = { pairs: [], senders: new Set(), receivers: new Set() }
      rounds.push(round)
    }
    round.pairs.push(pair)
    round.senders.add(sender)
    round.receivers.add(receiver)
  }
  return rounds.map((round) => round.pairs)
}

/** Times in milliseconds. */
export interface CellTimes {
  /** Traffic of a cell. */
  readonly traffic: number
  /** Preparing a cell, and reading its counters. */
  readonly overhead: number
  /** Booting and preparing VMs, on several nodes at once. */
  readonly boot: number
  /** Number of nodes whose VMs boot at the same time. */
  readonly bootsAtOnce: number
}

export interface MatrixCost {
  readonly cells: number
  readonly rounds: number
  /** Milliseconds if no cell has to be repeated. */
  readonly time: number
  /** Milliseconds if as many cells are repeated as ever are. */
  readonly longest: number
}

/**
 * What a matrix costs.
 * @param mostRepeats attempts that repeat bad cells, each alone; at most, in all. No cell is repeated more than twice
 */
export function costOf(request: PairingRequest, times: CellTimes, mostRepeats: number): MatrixCost {
  const { phases } = planOf(request)
  const rounds = phases.reduce((sum, phase) => sum + phase.rounds.length, 0)
  const cells = phases.reduce((sum, phase) => sum + phase.rounds.flat().length, 0)
  const alternating = request.nodes.filter(({ room }) => room === 'one').length
  const boots = (nodes: number) => Math.ceil(nodes / times.bootsAtOnce) * times.boot
  const booting = boots(request.nodes.length) + Math.max(0, phases.length - 1) * boots(alternating)
  const cell = times.traffic + times.overhead
  const time = booting + rounds * cell
  return { cells, rounds, time, longest: time + Math.min(mostRepeats, MOST_REPEATS * cells) * cell }
}
