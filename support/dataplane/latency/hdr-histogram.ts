/**
 * Decodes an HdrHistogram in its compressed form V2 in base64 (`HISTFAAA…`), as TRex gives it with `--hdrh`.
 * Source: HdrHistogram, "V2 compressed encoding": a cookie, the length, and zlib's data of a cookie, five fields and the
 * counts, each a ZigZag LEB128 number; a negative one is a run of zeros.
 */
import { inflateSync } from 'node:zlib'
import { unparsable } from '../guest-output.ts'
import type { LatencyRange } from './figures.ts'

/** The lower half byte of a cookie's second digit tells the word size, which V2 does not use. */
const COOKIE_MASK = 0xffff_ff0f
const COMPRESSED_COOKIE = 0x1c84_9304 & COOKIE_MASK
const COOKIE = 0x1c84_9303 & COOKIE_MASK
const OUTER_BYTES = 8
const HEADER_BYTES = 40
/** A histogram of a few digits has some ten thousand counts; larger ones are not real. */
const MOST_BYTES = 1 << 22
const MOST_COUNTS = 1 << 20
const MOST_DIGITS = 5

/**
 * The counts that are not zero, in ascending order.
 * @throws SuiteError `unparsable`
 */
export function decodeHdrHistogram(text: string): LatencyRange[] {
  const outer = Buffer.from(text, 'base64')
  if (outer.length < OUTER_BYTES || (outer.readUInt32BE(0) & COOKIE_MASK) !== COMPRESSED_COOKIE)
    throw unparsable('an HdrHistogram that is none', text)
  const bytes = inflated(outer.subarray(OUTER_BYTES, OUTER_BYTES + outer.readUInt32BE(4)), text)
  if (bytes.length < HEADER_BYTES || (bytes.readUInt32BE(0) & COOKIE_MASK) !== COOKIE)
    throw unparsable('an HdrHistogram without its header', text)
  const payload = bytes.subarray(HEADER_BYTES, HEADER_BYTES + bytes.readUInt32BE(4))
  const digits = bytes.readUInt32BE(12)
  const lowest = bytes.readBigUInt64BE(16)
  if (bytes.readInt32BE(8) !== 0 || digits < 1 || digits > MOST_DIGITS || lowest < 1n)
    throw unparsable('an HdrHistogram of an unknown kind', text)
  const ranges = rangesBy(digits, Number(lowest))
  return counts(payload, text).map(({ index, packets }) => ({ ...ranges(index), packets }))
}

function inflated(compressed: Buffer, text: string): Buffer {
  try {
    return inflateSync(compressed, { maxOutputLength: MOST_BYTES })
  } catch {
    throw unparsable('an HdrHistogram that is damaged', text)
  }
}

/**
 * The values of a count. The first 2 × 10^digits values have a count each (rounded up to a power of two); above them
 * each half of that many counts is twice as wide as the one before.
 */
function rangesBy(digits: number, lowest: number): (index: number) => Omit<LatencyRange, 'packets'> {
  const unit = Math.floor(Math.log2(lowest))
  const half = 2 ** (Math.ceil(Math.log2(2 * 10 ** digits)) - 1)
  return (index) => {
    const bucket = Math.max(0, Math.floor(index / half) - 1)
    const part = index - bucket * half
    const width = 2 ** (bucket + unit)
    return { atLeast: part * width, atMost: (part + 1) * width - 1 }
  }
}

function counts(payload: Buffer, text: string): { readonly index: number; readonly packets: number }[] {
  const found: { index: number; packets: number }[] = []
  let index = 0
  for (let at = 0; at < payload.length;) {
    let encoded = 0n
    // Seven bits of each byte; the ninth byte, if there is one, gives all eight.
    for (let place = 0; ; place += 1) {
      const byte = payload[at++]
      if (byte === undefined) throw unparsable('an HdrHistogram that ends within a count', text)
      encoded |= BigInt(place < 8 ? byte & 0x7f : byte) << BigInt(7 * place)
      if (byte < 0x80 || place === 8) break
    }
    const value = Number((encoded >> 1n) ^ -(encoded & 1n))
    if (value < 0) index -= value
    else {
      if (value > 0) found.push({ index, packets: value })
      index += 1
    }
    if (index > MOST_COUNTS || !Number.isSafeInteger(value))
      throw unparsable('an HdrHistogram that is too large to be real', text)
  }
  return found
}
