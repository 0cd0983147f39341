/** The bytes of frames as drivers count them. */
import { areOfOneSize, DEFAULT_FRAMES, FCS_BYTES, type Frames, meanBytes } from '../../model/frame.ts'

/** Whether all frames have the minimum size, so that nothing can truncate them. */
export function areShortest(frames: Frames): boolean {
  return meanBytes(frames) === meanBytes(DEFAULT_FRAMES)
}

/**
 * Engines that choose among several sizes by chance, or in whole percent, are off by so much (kernel pktgen: 2.3 %).
 */
const MIX_TOLERANCE = 0.04
/** Some drivers count it. */
const VLAN_TAG_BYTES = 4

/** The mean of a frame's bytes as drivers may count them: some include the FCS or a VLAN tag, others do not. */
export function countedBytes(frames: Frames): readonly [least: number, most: number] {
  const mean = meanBytes(frames)
  const tolerance = areOfOneSize(frames) ? 0 : mean * MIX_TOLERANCE
  return [mean - FCS_BYTES - tolerance, mean + VLAN_TAG_BYTES + tolerance]
}
