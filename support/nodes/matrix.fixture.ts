/** Node matrices for tests: what each cell delivers is a function of its nodes. */
import {
  attemptOf,
  type CellAttempt,
  type MatrixCell,
  type MatrixNode,
  type NodeMatrix,
  type NodePair,
  type PairChoice,
} from '../model/node-matrix.ts'
import type { Ledger } from '../model/ledger.ts'
import { inferWeak } from './infer.ts'
import { judgeCells } from './judge-cell.ts'
import { pairsOf } from './pairing.ts'

const RATE = 1_000_000
const SECOND = 1000

/** Names of nodes that sort as they are numbered: `node-00`, `node-01`, … */
export function nodeName(index: number): string {
  return `node-${String(index).padStart(2, '0')}`
}

/** @param zones number of zones, each with nodes that follow each other; 0: without zones */
function nodesOf(count: number, zones = 0): MatrixNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: nodeName(index),
    ...(zones === 0 ? {} : { zone: `zone-${Math.floor((index * zones) / count)}` }),
    hardware: 'ConnectX-6 Dx, Xeon Gold 6338N',
  }))
}

const ZERO = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }

/** An attempt that loses a share of its packets on the way to the VM. */
export function attempt(loss = 0, more: Partial<CellAttempt> = {}): CellAttempt {
  const back = Math.round(RATE * (1 - loss))
  const ledger: Ledger = {
    eastToWest: { ...ZERO, generatorTx: RATE, vmRx: back, vmTx: back, generatorRx: back },
    westToEast: ZERO,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
  return {
    ...attemptOf({
      round: 1,
      isAlone: false,
      startedAt: '2026-03-04T05:06:07.000Z',
      requestedPacketsPerSecond: RATE,
      requestedDuration: SECOND,
      sentFor: SECOND,
      ledger,
    }),
    ...more,
  }
}

export function measuredCell(pair: NodePair, attempts: readonly CellAttempt[]): MatrixCell {
  return { kind: 'measured', ...pair, attempts: [...attempts] }
}

export interface MatrixOptions {
  readonly nodes?: number
  readonly zones?: number
  readonly pairs?: PairChoice
  readonly sameNode?: boolean
  readonly judgedBy?: NodeMatrix['judgedBy']
  /** Share of a cell's packets that is lost, or the reason of a hole. By default nothing is lost. */
  readonly loss?: (pair: NodePair & { readonly from: number; readonly to: number }) => number | string
}

/** Its bad cells were repeated and stayed bad, so one attempt stands for all; not judged yet. */
export function matrixOf(options: MatrixOptions = {}): NodeMatrix {
  const {
    nodes = 12,
    zones = 0,
    pairs = 'all',
    sameNode = false,
    judgedBy = 'loss',
    loss = () => 0,
  } = options
  const all = nodesOf(nodes, zones)
  const places = new Map(all.map(({ name }, index) => [name, index]))
  const rooms = all.map(({ name }) => ({ name, room: 'both' }) as const)
  return {
    pairs,
    parallel: 'disjoint',
    sameNode,
    judgedBy,
    goalLossRatio: 0.001,
    nodes: all,
    cells: pairsOf({ nodes: rooms, pairs, parallel: 'disjoint', sameNode }).map((pair) => {
      const [from, to] = [places.get(pair.sender) ?? -1, places.get(pair.receiver) ?? -1]
      const lost = loss({ ...pair, from, to })
      return typeof lost === 'string'
        ? { kind: 'hole', ...pair, reason: lost }
        : measuredCell(pair, [attempt(lost)])
    }),
    environmentDigest: `sha256:${'0'.repeat(64)}`,
    startedAt: '2026-03-04T05:06:07.000Z',
    endedAt: '2026-03-04T05:36:07.000Z',
  }
}

/** With its outcomes and its result. */
export function judgedMatrix(options: MatrixOptions = {}): NodeMatrix {
  return concluded(matrixOf(options))
}

export function concluded(matrix: NodeMatrix): NodeMatrix {
  const judged = { ...matrix, cells: judgeCells(matrix) }
  return { ...judged, result: inferWeak(judged) }
}
