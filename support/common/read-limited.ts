/** Reads a file that a user names: a mistaken one may be a device without an end, or a disk's image. */
import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 64 * 1024

/**
 * @param most bytes that such a file may have; pipes and devices have no size, so the bytes are counted
 * @throws Error of Node.js if it cannot be read, or one that says that it is too large
 */
export function readLimited(path: string, most: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    for (let length = 0; ;) {
      const chunk = Buffer.alloc(CHUNK)
      const count = readSync(file, chunk)
      if (count === 0) return Buffer.concat(chunks)
      length += count
      if (length > most) throw new Error(`it has more than ${most / 2 ** 20} MiB`)
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}
