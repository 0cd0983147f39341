/**
 * The node matrix: what was measured between pairs of nodes, and which nodes, pairs or zones are weak. A cell is an
 * ordered pair: the traffic generator on the sender, the VM under test on the receiver. The packets go there and come
 * back, as the ledger counts them.
 */
import { z } from 'zod'
import { type Ledger, lossRatio, pathCountsSchema, testedDirections, worstDirection } from './ledger.ts'
import { count, directionsSchema, milliseconds, ratio, timestamp } from './quantities.ts'

/** `one`: each node is in one pair; `ring`: each node sends once and receives once; `all`: each sends to each. */
export const PAIR_CHOICES = ['one', 'ring', 'all'] as const
export type PairChoice = (typeof PAIR_CHOICES)[number]

/**
 * Which pairs send at the same time. `disjoint`: each node is in one pair at most; `shift`: each node sends to one and
 * receives from another, so that the network is under load; `serial`: one pair.
 */
export const PARALLEL_CHOICES = ['disjoint', 'shift', 'serial'] as const
export type Parallel = (typeof PARALLEL_CHOICES)[number]

/** An ordered pair of nodes, by their names; equal for a cell of the diagonal. */
export interface NodePair {
  readonly sender: string
  readonly receiver: string
}

const matrixNodeSchema = z.object({
  name: z.string(),
  /** Its label `topology.kubernetes.io/zone`; absent without one, or if nodes may not be read. */
  zone: z.string().optional(),
  /** Models of the node's NIC and CPU, if known. Only cells with equal hardware are compared. */
  hardware: z.string().optional(),
  /** Why it has no VMs at all; its cells are holes. */
  unusable: z.string().optional(),
})
export type MatrixNode = z.infer<typeof matrixNodeSchema>

/** A ledger without what is zero anyway, because a matrix has thousands of them. */
const cellLedgerSchema = z.object({
  eastToWest: pathCountsSchema,
  /** Absent if nothing was counted in this direction. */
  westToEast: pathCountsSchema.optional(),
  /** Absent if zero. */
  generatorOutputErrors: count.optional(),
  generatorInputErrors: count.optional(),
  vmRxErrors: count.optional(),
  vmRxNoMbuf: count.optional(),
})
export type CellLedger = z.infer<typeof cellLedgerSchema>

const attemptSchema = z.object({
  /** Counts from 1, over the whole run. */
  round: z.number().int().positive(),
  /** Whether no other pair sent meanwhile. */
  isAlone: z.boolean(),
  startedAt: timestamp,
  /** In each direction. */
  requestedPacketsPerSecond: count,
  requestedDuration: milliseconds,
  /** The actual duration of the traffic. */
  sentFor: milliseconds,
  /** 2 if packets were sent in both directions; absent if only from east to west. */
  directions: directionsSchema,
  /** Packets that were sent and came back, in the worse direction. */
  sent: count,
  received: count,
  lossRatio: ratio,
  /** Packets per second that came back, in the worse direction. */
  deliveredPacketsPerSecond: z.number().nonnegative(),
  /** Why the generator fell short, with its figures; absent if it did not. Such an attempt shows no weak node. */
  generatorShort: z.string().optional(),
  ledger: cellLedgerSchema,
})
export type CellAttempt = z.infer<typeof attemptSchema>

/** `not-judged`: its attempts say nothing of the network, e.g. because the generator fell short. */
const CELL_OUTCOMES = ['good', 'bad', 'not-judged'] as const
export type CellOutcome = (typeof CELL_OUTCOMES)[number]

const measuredCellSchema = z.object({
  kind: z.literal('measured'),
  sender: z.string(),
  receiver: z.string(),
  /** In the order of measurement; bad ones are repeated alone, at most twice. */
  attempts: z.array(attemptSchema).min(1),
  /** Whether it was taken from the report of an interrupted run. */
  isKept: z.boolean().optional(),
  outcome: z.enum(CELL_OUTCOMES).optional(),
  /** One sentence: why the cell is bad or not judged. */
  why: z.string().optional(),
})
export type MeasuredCell = z.infer<typeof measuredCellSchema>

/** A requested cell that could not be measured. */
const holeSchema = z.object({
  kind: z.literal('hole'),
  sender: z.string(),
  receiver: z.string(),
  /** One sentence. */
  reason: z.string(),
})

export const matrixCellSchema = z.discriminatedUnion('kind', [measuredCellSchema, holeSchema])
export type MatrixCell = z.infer<typeof matrixCellSchema>

const explained = {
  /** Number of bad cells that it explains. */
  cells: z.number().int().positive(),
  /** Number of its cells that were judged. */
  of: z.number().int().positive(),
  /** Completes a list, e.g. `node-07 as receiver: 11 of 11 cells are bad`. */
  sentence: z.string(),
}

const weaknessSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('node'),
    node: z.string(),
    /** The role in which it is weak. */
    as: z.enum(['sender', 'receiver', 'both']),
    /**
     * Only if its cell of the diagonal was measured: `host` if that is bad as well, so the node or its NIC is weak;
     * otherwise `network`: its port, its cable or its switch.
     */
    place: z.enum(['host', 'network']).optional(),
    ...explained,
  }),
  z.object({
    kind: z.literal('pair'),
    sender: z.string(),
    receiver: z.string(),
    /** Whether the cell with the roles exchanged is bad as well. */
    isBothWays: z.boolean(),
    ...explained,
  }),
  z.object({
    kind: z.literal('zone'),
    zone: z.string(),
    /** Direction of the packets to the VM under test, seen from the zone. */
    way: z.enum(['out', 'in', 'both']),
    /** The other zone, if only the cells between these two are bad. */
    other: z.string().optional(),
    ...explained,
  }),
  /** Almost all cells are bad: no single node can be blamed. */
  z.object({ kind: z.literal('all'), ...explained }),
])
export type Weakness = z.infer<typeof weaknessSchema>

const matrixResultSchema = z.object({
  /** Whom the bad cells are due to, in the order of the cells that they explain; empty if no cell is bad. */
  weak: z.array(weaknessSchema),
  /** Names of the nodes that need attention. */
  nodes: z.array(z.string()),
  /** Cells that were bad at first and good when repeated alone. */
  recovered: count,
  /** The result in one sentence, e.g. `3 of 40 nodes need attention: …`. */
  sentence: z.string(),
})
export type MatrixResult = z.infer<typeof matrixResultSchema>

export const nodeMatrixSchema = z.object({
  pairs: z.enum(PAIR_CHOICES),
  parallel: z.enum(PARALLEL_CHOICES),
  /** Whether pairs with both VMs on one node were requested as well: the diagonal. */
  sameNode: z.boolean(),
  /** `rate`: each cell was measured once at the highest load, and is compared by what it delivers. */
  judgedBy: z.enum(['loss', 'rate']),
  /** Highest loss ratio of a good cell. */
  goalLossRatio: ratio,
  /** All requested nodes, in the order of the report. */
  nodes: z.array(matrixNodeSchema),
  /** Only the requested cells. */
  cells: z.array(matrixCellSchema),
  /** Absent if the run was interrupted before all cells were judged. */
  result: matrixResultSchema.optional(),
  /** `sha256:…` of what must not change between an interrupted run and the one that resumes it. */
  environmentDigest: z.string(),
  startedAt: timestamp,
  /** Absent while it is measured, and if the run was interrupted. */
  endedAt: timestamp.optional(),
})
export type NodeMatrix = z.infer<typeof nodeMatrixSchema>

/** What is measured in one attempt of a cell. */
export interface MeasuredAttempt {
  readonly round: number
  readonly isAlone: boolean
  /** ISO 8601. */
  readonly startedAt: string
  readonly requestedPacketsPerSecond: number
  /** Milliseconds. */
  readonly requestedDuration: number
  /** Milliseconds. */
  readonly sentFor: number
  readonly directions?: 2 | undefined
  readonly ledger: Ledger
  readonly generatorShort?: string | undefined
}

/** An attempt with the figures that follow from its ledger. */
export function attemptOf(measured: MeasuredAttempt): CellAttempt {
  const { directions, generatorShort, sentFor, ledger, ...rest } = measured
  const worst = worstDirection({ ledger, directions })
  const { generatorTx: sent, generatorRx: received } = worst.counts
  const least = Math.min(...testedDirections({ ledger, directions }).map(({ counts }) => counts.generatorRx))
  return {
    ...rest,
    sentFor,
    ...(directions === undefined ? {} : { directions }),
    sent,
    received,
    lossRatio: lossRatio(worst),
    deliveredPacketsPerSecond: sentFor > 0 ? Math.round((least * 1000) / sentFor) : 0,
    ...(generatorShort === undefined ? {} : { generatorShort }),
    ledger: cellLedgerOf(ledger),
  }
}

function cellLedgerOf(ledger: Ledger): CellLedger {
  const { eastToWest, westToEast, ...counts } = ledger
  return {
    eastToWest,
    ...(Object.values(westToEast).some((each) => each > 0) ? { westToEast } : {}),
    ...Object.fromEntries(Object.entries(counts).filter(([, each]) => each > 0)),
  }
}

const NOTHING = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }

/** The whole ledger, with its zeros. */
export function ledgerOfCell(cell: CellLedger): Ledger {
  const { eastToWest, westToEast = NOTHING } = cell
  const { generatorOutputErrors = 0, generatorInputErrors = 0, vmRxErrors = 0, vmRxNoMbuf = 0 } = cell
  return { eastToWest, westToEast, generatorOutputErrors, generatorInputErrors, vmRxErrors, vmRxNoMbuf }
}
