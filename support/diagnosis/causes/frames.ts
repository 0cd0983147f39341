/** Why frames are not as long as they were sent. */
import { bytesOf } from '../../model/frame-bytes.ts'
import { directionPrefix, testedDirections } from '../../model/ledger.ts'
import { type CauseEntry, evidence } from '../cause.ts'

export const FRAME_CAUSES: readonly CauseEntry[] = [
  {
    id: 'frames-cut',
    title: 'frames are cut on their way',
    looksAt: 'the bytes that the VM under test’s ports counted',
    provedBy: 'fewer bytes per packet received than per packet sent',
    remedy:
      'some engines cut frames (TRex 2.97 and 2.98 with Intel E810: trex-core issues 819, 847, 849, 865): use another release of the engine, or the kernel’s pktgen; otherwise check that the MTU of both VFs, of their PFs and of the switch allows frames of this size',
    explains: ['traffic.frame-size'],
    find: ({ traffic }) => {
      if (traffic === undefined) return undefined
      const { frameBytes } = traffic
      for (const direction of testedDirections(traffic)) {
        const { vmRx } = direction.counts
        const { rx = 0 } = bytesOf(traffic, direction) ?? {}
        const mean = vmRx === 0 ? 0 : rx / vmRx
        if (mean === 0 || mean >= frameBytes * SHORTER) continue
        return {
          certainty: 'proved',
          sentence: `${directionPrefix(traffic, direction)}the generator sends frames of ${frameBytes} bytes without their FCS, and the VM under test receives ${mean.toFixed(1)} bytes per frame: the frames are cut`,
          evidence: evidence(['packets received', vmRx], ['bytes received', rx]),
        }
      }
      return undefined
    },
  },
]

/** Frames of a mix count as cut only below this share of their mean size: without an error it deviates less. */
const SHORTER = 0.9
