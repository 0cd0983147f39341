/** Equal data as equal text, so that its digest identifies it. */
import { createHash } from 'node:crypto'

/** What a digest begins with, as in OCI images. */
const PREFIX = 'sha256:'

/**
 * JSON with sorted keys and no blanks; undefined values are left out. Keys are sorted by UTF-16 code units, numbers and
 * strings are written as by `JSON.stringify`: that is RFC 8785 (JCS).
 */
export function canonicalJson(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof data !== 'object' || data === null) return JSON.stringify(data ?? null)
  const members = Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`)
  return `{${members.join(',')}}`
}

/** `sha256:…` of the canonical JSON. */
export function canonicalDigest(data: unknown): string {
  return digestOf(canonicalJson(data))
}

/** `sha256:…` of a text or a file. */
export function digestOf(content: string | NodeJS.ArrayBufferView): string {
  return PREFIX + sha256(content)
}

/** `sha256:…` as hexadecimal digits. */
export function digitsOf(digest: string): string {
  return digest.slice(PREFIX.length)
}

/** SHA-256 in hexadecimal digits. */
export function sha256(content: string | NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(content).digest('hex')
}
