/** Whether TRex missed the request, by its own statistics. */
import type { PerPort } from '../../../model/ports.ts'
import { type ShortfallEvidence, shortfallOfPorts, type TrafficRequest } from '../../../model/shortfall.ts'
import { plural } from '../../../common/text.ts'

export interface SendingFigures {
  /** Packets sent from each port. */
  readonly sent: PerPort<number>
  /** As `GeneratorEnd.sentFor`. */
  readonly sentFor: number
  /** Highest load of the sending threads while it sent, in percent. */
  readonly highestLoad: number
  /** By how much `m_total_queue_full` grew: times that a sending thread found its NIC's queue full. */
  readonly queueFull: number
}

/** Above this load it is at its limit. */
const BUSY_PERCENT = 85

/** Each reason alone means that the request was not tested. Empty if there is none. */
export function shortfallOf(
  request: TrafficRequest,
  { sent, sentFor, highestLoad, queueFull }: SendingFigures,
): ShortfallEvidence {
  return [
    ...shortfallOfPorts(request, sent, sentFor),
    ...(highestLoad > BUSY_PERCENT
      ? [`its sending threads were busy for ${highestLoad.toFixed(1)} % of their time (m_cpu_util)`]
      : []),
    ...(queueFull > 0 ? [`a NIC's queue was full ${plural(queueFull, 'time')} (m_total_queue_full)`] : []),
  ]
}
