/**
 * The frames of a test and what they take of a link. Users count bytes as links and data sheets do, with the FCS: the
 * "64-byte frame". Generators and guests count them without.
 */
import { grouped } from '../common/text.ts'

/** Ethernet's shortest frame (IEEE 802.3), which is the hardest to forward: as a guest sees it, without the FCS. */
export const FRAME_BYTES = 60

/** The frame check sequence, which the sending NIC adds and the receiving NIC removes. */
export const FCS_BYTES = 4

/** The size used for links and in NIC data sheets: the "64-byte frame". */
export const FRAME_WITH_FCS_BYTES = FRAME_BYTES + FCS_BYTES

/** The longest frame that an MTU of 1500 lets through, with the FCS. */
export const LONGEST_WITH_FCS_BYTES = 1518

/** The longest frame: an MTU of 9000, with Ethernet's header and the FCS. */
export const LONGEST_JUMBO_BYTES = 9018

/** Bytes of a frame that an MTU does not count: Ethernet's header and the FCS. */
const BESIDE_MTU_BYTES = 18

export const USUAL_MTU = LONGEST_WITH_FCS_BYTES - BESIDE_MTU_BYTES

/** Additional bytes per frame on the link: preamble and start delimiter (8), and the inter-frame gap (12). */
export const AROUND_FRAME_BYTES = 20

/** Frames of one size, and their share of all frames as a weight. */
export interface FrameSize {
  /** Size in bytes, with the FCS. */
  readonly bytes: number
  readonly weight: number
}

/** The sizes that a generator sends; one for most tests. The smallest first. */
export type Frames = readonly [FrameSize, ...FrameSize[]]

export function framesOf(bytes: number): Frames {
  return [{ bytes, weight: 1 }]
}

export const DEFAULT_FRAMES: Frames = framesOf(FRAME_WITH_FCS_BYTES)

/** IMIX_v4_1 of FD.io's CSIT. Other mixes are called IMIX too; its ratio 7:4:1 is common to all. */
export const IMIX: Frames = [
  { bytes: 64, weight: 28 },
  { bytes: 570, weight: 16 },
  { bytes: 1518, weight: 4 },
]

/** Mean size of the frames in bytes, with the FCS; may be a fraction if there are several sizes. */
export function meanBytes(frames: Frames): number {
  const weights = frames.reduce((sum, { weight }) => sum + weight, 0)
  return frames.reduce((sum, { bytes, weight }) => sum + bytes * weight, 0) / weights
}

/** Bytes of the longest frame, with the FCS. */
export function longestBytes(frames: Frames): number {
  return Math.max(...frames.map(({ bytes }) => bytes))
}

/** The least MTU that lets the frames through. */
export function mtuOf(frames: Frames): number {
  return longestBytes(frames) - BESIDE_MTU_BYTES
}

export function areOfOneSize(frames: Frames): boolean {
  return frames.length === 1
}

/** Packets per second that a link carries at most, a whole number. */
export function lineRate(bandwidthGbps: number, frames: Frames): number {
  return Math.floor((bandwidthGbps * 1e9) / bitsOnTheLink(frames))
}

/** Bits that a frame takes on the link on average, with preamble and gap. */
export function bitsOnTheLink(frames: Frames): number {
  return (meanBytes(frames) + AROUND_FRAME_BYTES) * 8
}

/** `64 bytes`, or `64, 570 and 1518 bytes (28:16:4, mean 353.83)`: with the FCS. */
export function framesText(frames: Frames): string {
  const sizes = frames.map(({ bytes }) => grouped(bytes))
  if (areOfOneSize(frames)) return `${sizes.join()} bytes`
  const weights = frames.map(({ weight }) => weight).join(':')
  const listed = `${sizes.slice(0, -1).join(', ')} and ${sizes.at(-1) ?? ''}`
  return `${listed} bytes (${weights}, mean ${meanBytes(frames).toFixed(2)})`
}
