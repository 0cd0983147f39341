/** What goes into the bundle beside the reports: consoles as they were, manifests of what was created. */
import { plainText } from '../common/text.ts'
import { secrets } from '../common/secrets.ts'

export interface Attachment {
  /** Path in the bundle, e.g. `consoles/vm-under-test.log`. */
  readonly name: string
  readonly text: string
}

const known = new Map<string, () => string>()

/** Remembers a file of the bundle; its text is asked for once, when the run has ended. */
export function attach(name: string, text: () => string): void {
  known.set(name, text)
}

/** All of them, without secrets and control codes. */
export function attachments(): readonly Attachment[] {
  return [...known].map(([name, text]) => ({ name, text: secrets.redact(plainText(text())) }))
}
