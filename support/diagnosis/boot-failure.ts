/** Finds on a guest's console why it did not boot completely. */
import { BOOT_SIGNS } from '../guest/console/boot-signs.ts'
import type { BootFailure } from './findings.ts'
import { fit, lastLines } from './excerpt.ts'

/** Number of characters at the end of the text that are searched. */
const ENOUGH = 300_000
const MOST_LINES = 5000
/** Number of lines kept before and after the line that shows the failure. */
const [BEFORE, AFTER] = [8, 6]

/** Undefined if the text shows no failure, or if a login prompt follows, because then the guest has booted. */
export function bootFailureIn(text: string): BootFailure | undefined {
  const end = text.slice(-ENOUGH)
  const all = lastLines(end, MOST_LINES)
  const last = lastLines(end.slice(end.lastIndexOf(' login: ') + 1), MOST_LINES)
  for (const { kind, line } of BOOT_SIGNS) {
    // The login prompt appears even if a service has failed.
    const lines = kind === 'service-failed' ? all : last
    const at = lines.findIndex((one) => line.test(one))
    const found = line.exec(lines[at] ?? '')?.[0]
    if (found === undefined) continue
    return {
      kind,
      sentence: fit(found, 200),
      lines: lines.slice(Math.max(0, at - BEFORE), at + AFTER),
    }
  }
  return undefined
}
