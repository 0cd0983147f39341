/** Finds in a console's text, or in the kernel's log, where a Linux kernel says that it has broken down. */
import type { KernelFault } from './findings.ts'
import { fit, lastLines } from './words.ts'

/** Of the text, characters from its end that are searched; what ended a guest stands there. */
const ENOUGH = 300_000
/** Lines that are kept, from the first sign on: the registers after them tell people little. */
const LINES = 16
/** Lines of a console among which the first sign is looked for. */
const MOST_LINES = 5000

/** A kernel's line begins with its time where it has one, on a line of its own or behind a prompt that it tore. */
const BEGIN = String.raw`(?:^|\[ *\d{1,9}\.\d{6}\](?:\[ *[TC]\d+\])? )`
const PANIC = new RegExp(`${BEGIN}(Kernel panic - not syncing: .*)`)
/** arch/x86/kernel/dumpstack.c and mm/fault.c, and the same of other architectures. */
const OOPS = new RegExp(
  `${BEGIN}(BUG: (?:unable to handle|kernel NULL pointer).*|Oops: .*|kernel BUG at .*|general protection fault.*\\[#\\d+\\].*|Internal error: Oops.*)`,
)

/** Undefined where the text tells of none. */
export function kernelFaultIn(text: string): KernelFault | undefined {
  // The marks of either are looked for first: a console's text is long, and mostly in order.
  const end = text.slice(-ENOUGH)
  if (!/Kernel panic|Oops|BUG|general protection/.test(end)) return undefined
  const lines = lastLines(end, MOST_LINES)
  const first = lines.findIndex((line) => PANIC.test(line) || OOPS.test(line))
  const panic = lines.map((line) => PANIC.exec(line)?.[1]).find((words) => words !== undefined)
  const words = panic ?? OOPS.exec(lines[first] ?? '')?.[1]
  if (words === undefined) return undefined
  return {
    isPanic: panic !== undefined,
    sentence: fit(words, 200),
    lines: lines.slice(first, first + LINES),
  }
}
