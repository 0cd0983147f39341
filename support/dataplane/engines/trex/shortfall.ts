/** When TRex was no generator for what it was asked, in its own figures. */
import {
  type Sending,
  shortfallEvidence,
  type ShortfallEvidence,
  type TrafficRequest,
} from '../../../model/shortfall.ts'
import { plural } from '../../../common/text.ts'

export interface SendingFigures extends Sending {
  /** Percent of the sending threads' time, the highest seen while it sent. */
  readonly highestLoad: number
  /** By how much `m_total_queue_full` grew: times that a sending thread found its NIC's queue full. */
  readonly queueFull: number
}

/** Above this load it has nothing left to give. */
const BUSY_PERCENT = 85

/** Each of them alone means that the test was not the one asked for. Empty where nothing is wrong. */
export function shortfallOf(
  request: TrafficRequest,
  { sent, sentFor, highestLoad, queueFull }: SendingFigures,
): ShortfallEvidence {
  return [
    ...shortfallEvidence(request, { sent, sentFor }),
    ...(highestLoad > BUSY_PERCENT
      ? [`its sending threads were busy for ${highestLoad.toFixed(1)} % of their time (m_cpu_util)`]
      : []),
    ...(queueFull > 0 ? [`a NIC's queue was full ${plural(queueFull, 'time')} (m_total_queue_full)`] : []),
  ]
}
