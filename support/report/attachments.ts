/** Files of the bundle besides the reports: recorded consoles, and manifests of created objects. */
import { plainText } from '../common/text.ts'
import { secrets } from '../common/secrets.ts'

export interface Attachment {
  /** Path in the bundle, e.g. `consoles/vm-under-test.log`. */
  readonly name: string
  readonly text: string
}

const known = new Map<string, () => string>()

/** Adds a file to the bundle; `text` is called once, at the end of the run. */
export function attach(name: string, text: () => string): void {
  known.set(name, text)
}

/** All attachments, without secrets and control codes. */
export function attachments(): readonly Attachment[] {
  return [...known].map(([name, text]) => ({ name, text: secrets.redact(plainText(text())) }))
}
