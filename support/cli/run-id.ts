import { randomBytes } from 'node:crypto'

/**
 * Id of a run, part of the names of its objects and value of a label: five letters and digits, like Kubernetes' names.
 */
export function runId(): string {
  // No vowels and no look-alikes, so that the id never spells a word (apimachinery, util/rand).
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('')
}
