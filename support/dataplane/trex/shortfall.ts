/** When TRex was no generator for what it was asked, in its own figures. */
import { plural } from '../../common/plural.ts'
import type { ShortfallEvidence, TrafficRequest } from '../traffic-generator.ts'

export interface SendingFigures {
  /** Packets sent from the east port. */
  readonly sent: number
  /** Percent of the sending threads' time, the highest seen while it sent. */
  readonly highestLoad: number
  /** By how much `m_total_queue_full` grew: times that a sending thread found its NIC's queue full. */
  readonly queueFull: number
}

/** Below this part of what was asked for the generator is short; above this load it has nothing left to give. */
const SHORT = 0.95
const BUSY_PERCENT = 85

/** Each of them alone means that the test was not the one asked for. Empty where nothing is wrong. */
export function shortfallOf(
  { packetsPerSecond, duration }: TrafficRequest,
  { sent, highestLoad, queueFull }: SendingFigures,
): ShortfallEvidence {
  const asked = (packetsPerSecond * duration) / 1000
  return [
    ...(sent < asked * SHORT ? [`TRex sent ${sent} of the ${asked} packets asked for`] : []),
    ...(highestLoad > BUSY_PERCENT
      ? [`its sending threads were busy for ${highestLoad.toFixed(1)} % of their time (m_cpu_util)`]
      : []),
    ...(queueFull > 0 ? [`a NIC's queue was full ${plural(queueFull, 'time')} (m_total_queue_full)`] : []),
  ]
}
