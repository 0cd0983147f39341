/** The node matrix as `nodes.csv`: a line for each pair of nodes (RFC 4180). */
import { oneLine } from '../common/text.ts'
import { decidingAttempt } from '../model/matrix-cell.ts'
import { ledgerOfCell, type MatrixCell, type NodeMatrix } from '../model/node-matrix.ts'
import { stateOf } from './matrix-text.ts'

const FROM_LEDGER = ['generatorTx', 'vmRx', 'vmRxDropped', 'vmTx', 'vmTxDropped', 'generatorRx'] as const

const HEADS = [
  'sender',
  'senderZone',
  'receiver',
  'receiverZone',
  'outcome',
  'why',
  'attempts',
  'alone',
  'requestedPacketsPerSecond',
  'sentForMilliseconds',
  'sent',
  'received',
  'lossRatio',
  'deliveredPacketsPerSecond',
  ...FROM_LEDGER.map((name) => `eastToWest.${name}`),
  ...FROM_LEDGER.map((name) => `westToEast.${name}`),
]

export function renderMatrixCsv({ nodes, cells }: Pick<NodeMatrix, 'nodes' | 'cells'>): string {
  const zones = new Map(nodes.map(({ name, zone }) => [name, zone ?? '']))
  const rows = cells.map((cell) => {
    const { sender, receiver } = cell
    return [
      sender,
      zones.get(sender) ?? '',
      receiver,
      zones.get(receiver) ?? '',
      stateOf(cell),
      ...(cell.kind === 'hole' ? [cell.reason] : figuresOf(cell)),
    ]
  })
  return [HEADS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

function figuresOf(cell: Extract<MatrixCell, { kind: 'measured' }>): (string | number)[] {
  const attempt = decidingAttempt(cell)
  const { eastToWest, westToEast } = ledgerOfCell(attempt.ledger)
  return [
    cell.why ?? '',
    cell.attempts.length,
    String(attempt.isAlone),
    attempt.requestedPacketsPerSecond,
    attempt.sentFor,
    attempt.sent,
    attempt.received,
    attempt.lossRatio,
    attempt.deliveredPacketsPerSecond,
    ...FROM_LEDGER.map((name) => eastToWest[name]),
    ...FROM_LEDGER.map((name) => westToEast[name]),
  ]
}

/** Spreadsheets run texts that begin like this as formulas. Source: OWASP, CSV injection. */
const FORMULA = /^[=+\-@]/

function field(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = oneLine(value)
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
