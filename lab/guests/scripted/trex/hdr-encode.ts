/** Encodes an HdrHistogram as TRex does with `--hdrh`: 1 µs to 10 s, three digits, V2, compressed, in base64. */
import { deflateSync } from 'node:zlib'
import type { LatePackets } from '../latency-model.ts'

const COMPRESSED_COOKIE = 0x1c84_9314
const COOKIE = 0x1c84_9313
const LOWEST = 1n
const HIGHEST = 10_000_000n
const DIGITS = 3
/** The counts of a bucket that the previous bucket does not have: half of 2 × 10³, rounded up to a power of two. */
const HALF = 1024

export function encodeHdrHistogram(latencies: readonly LatePackets[]): string {
  const counts = new Map<number, number>()
  for (const { microseconds, packets } of latencies) {
    const index = indexOf(microseconds)
    counts.set(index, (counts.get(index) ?? 0) + packets)
  }
  const payload: number[] = []
  let next = 0
  for (const [index, packets] of [...counts].toSorted(([a], [b]) => a - b)) {
    if (index > next) payload.push(...zigZag(next - index))
    payload.push(...zigZag(packets))
    next = index + 1
  }
  const header = Buffer.alloc(40)
  header.writeUInt32BE(COOKIE, 0)
  header.writeUInt32BE(payload.length, 4)
  header.writeUInt32BE(DIGITS, 12)
  header.writeBigInt64BE(LOWEST, 16)
  header.writeBigInt64BE(HIGHEST, 24)
  header.writeDoubleBE(1, 32)
  const compressed = deflateSync(Buffer.concat([header, Buffer.from(payload)]))
  const outer = Buffer.alloc(8)
  outer.writeUInt32BE(COMPRESSED_COOKIE, 0)
  outer.writeUInt32BE(compressed.length, 4)
  return Buffer.concat([outer, compressed]).toString('base64')
}

function indexOf(value: number): number {
  const bucket = Math.max(0, Math.floor(Math.log2(Math.max(1, value))) - Math.log2(HALF))
  return bucket * HALF + Math.floor(value / 2 ** bucket)
}

/** ZigZag LEB128 of numbers below 2^30. */
function zigZag(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 0x80)
  }
}
