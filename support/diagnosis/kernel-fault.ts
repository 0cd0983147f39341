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

/**
 * kernel/watchdog.c, whose lines have begun with `watchdog`, `NMI watchdog` or nothing over the years, and
 * kernel/rcu/tree_stall.h. What follows the first words differs: CPUs in braces, a list, an address.
 */
const STALL = new RegExp(
  `${BEGIN}((?:(?:NMI )?watchdog: )?(?:BUG: soft lockup - CPU#\\d+ stuck for .*|(?:CPU\\d+: )?Watchdog detected hard LOCKUP on cpu .*)|` +
    `(?:rcu: )?INFO: rcu_\\w+ (?:self-detected stall on|detected (?:expedited )?stalls on) .*|` +
    `(?:rcu: )?(?:INFO: )?rcu_\\w+ kthread (?:timer wakeup|starved for) .*)`,
)
/** How panic() ends a guest that is told to panic on one of these. */
const PANIC_BY_STALL = /^Kernel panic - not syncing: (?:softlockup|Hard LOCKUP|RCU Stall)/

/** Undefined where the text tells of none. */
export function kernelFaultIn(text: string): KernelFault | undefined {
  // The marks of either are looked for first: a console's text is long, and mostly in order.
  const end = text.slice(-ENOUGH)
  return breakdownIn(end) ?? stallIn(end)
}

function breakdownIn(text: string): KernelFault | undefined {
  if (!/Kernel panic|Oops|BUG|general protection/.test(text)) return undefined
  const lines = lastLines(text, MOST_LINES)
  const first = lines.findIndex((line) => PANIC.test(line) || OOPS.test(line))
  const panic = lines.map((line) => PANIC.exec(line)?.[1]).find((words) => words !== undefined)
  const words = panic ?? OOPS.exec(lines[first] ?? '')?.[1]
  if (words === undefined) return undefined
  const isStall = panic !== undefined && PANIC_BY_STALL.test(panic)
  const from = isStall ? Math.max(0, Math.min(first, firstStall(lines))) : first
  return {
    isPanic: panic !== undefined,
    isStall,
    sentence: fit(words, 200),
    lines: lines.slice(from, from + LINES),
  }
}

/** A guest that came to a login prompt behind it has got over it: boots of emulated guests are full of these. */
function stallIn(text: string): KernelFault | undefined {
  const since = text.slice(text.lastIndexOf(' login: ') + 1)
  if (!/lockup|LOCKUP|rcu_/.test(since)) return undefined
  const lines = lastLines(since, MOST_LINES)
  const first = firstStall(lines)
  const words = STALL.exec(lines[first] ?? '')?.[1]
  if (words === undefined) return undefined
  return {
    isPanic: false,
    isStall: true,
    sentence: fit(words, 200),
    lines: lines.slice(first, first + LINES),
  }
}

function firstStall(lines: readonly string[]): number {
  const first = lines.findIndex((line) => STALL.test(line))
  return first === -1 ? lines.length : first
}
