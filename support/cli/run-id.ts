import { randomBytes } from 'node:crypto'

/** Part of the names of what a run creates, and the value of a label: five letters and digits, as Kubernetes makes names. */
export function runId(): string {
  // Without vowels and look-alikes no word comes of it (apimachinery, util/rand).
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('')
}
