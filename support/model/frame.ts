/** The frame of this test, in bytes: Ethernet's shortest (IEEE 802.3), which is the hardest to forward. */

/** As a generator builds it and a guest sees it: from the destination's address to the end of the payload. */
export const FRAME_BYTES = 60

/** The check sequence that the sending NIC adds and the receiving one takes off. */
export const FCS_BYTES = 4

/** As links, and the figures on a NIC's data sheet, count it: the "64-byte frame". */
export const FRAME_WITH_FCS_BYTES = FRAME_BYTES + FCS_BYTES

/** What a frame takes of a link besides: preamble and start delimiter (8), and the gap to the next one (12). */
export const AROUND_FRAME_BYTES = 20
