/** Finds crashes and hangs of a Linux kernel in a console's output or in the kernel's log. */
import type { KernelFault, KernelFaultKind } from './findings.ts'
import { fit, lastLines } from './excerpt.ts'

/** Characters from the end of the text that are searched; what ended a guest is there. */
const ENOUGH = 300_000
/** Number of lines kept from the first sign on; the registers after them help little. */
const LINES = 16
/** The most lines that are searched for the first sign. */
const MOST_LINES = 5000

/**
 * A kernel's line may start with a time stamp, and may follow a prompt that it interrupted. syslogd and journald write
 * it with `kernel:`, the former to every terminal (` kernel:watchdog: BUG: …` after `Message from syslogd@host at …`).
 * dmesg has other stamps with `-T` (`[Tue Jan  6 10:11:12 2026] `), `-H` (`[  +0.000003] `) and `--time-format iso`.
 */
const BEGIN =
  String.raw`(?:^|\[ *\+?\d{1,9}\.\d{6}\](?:\[ *[TC]\d+\])? |(?:^| )kernel: ?|` +
  String.raw`\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] |^\d{4}-\d\d-\d\dT[\d:,.]{8,18}\S{0,6} )`
const PANIC = new RegExp(`${BEGIN}(Kernel panic - not syncing: .*)`)
/**
 * arch/x86/kernel/dumpstack.c and mm/fault.c, and the same of other architectures. A fault's name, its error code and
 * the number of the oops, as in `invalid opcode: 0000 [#1] SMP`, are common to all.
 */
const OOPS = new RegExp(
  `${BEGIN}(BUG: (?:unable to handle|kernel NULL pointer).*|Unable to handle kernel .*|Oops: .*|kernel BUG at .*|` +
    `general protection fault.*\\[#\\d+\\].*|[A-Za-z][^[]{2,120}: \\d[\\da-f]{3,15} \\[#\\d+\\].*)`,
)

/** A message after which the kernel usually continues to run. */
interface Sign {
  readonly kind: Exclude<KernelFaultKind, 'breakdown'>
  /** Searched first, because a console's text is long and usually has no such message. */
  readonly mark: RegExp
  readonly line: RegExp
  /** The message of panic() if the guest is configured to panic in this case. */
  readonly panic: RegExp
}

/** The order matters: a lack of memory makes programs hang too, and any of these can cause stalls. */
const SIGNS: readonly Sign[] = [
  {
    // arch/x86/kernel/cpu/mce/core.c, mm/memory-failure.c, drivers/acpi/apei/ghes.c; `{1}` counts events.
    kind: 'machine-check',
    mark: /Hardware Error|hardware memory (?:corruption|error)/,
    line: new RegExp(
      `${BEGIN}((?:mce: )?(?:\\{\\d+\\})?\\[Hardware Error\\]: .*|(?:mce|MCE|Memory failure): .*hardware memory (?:corruption|error).*)`,
    ),
    panic:
      /^Kernel panic - not syncing: .*(?:machine check|broadcast exception handler|Fatal hardware error)/i,
  },
  {
    // mm/oom_kill.c: `Kill process … or sacrifice child` before Linux 5.3.
    kind: 'out-of-memory',
    mark: /[Oo]ut of memory|oom-killer/,
    line: new RegExp(
      `${BEGIN}((?:Memory cgroup out|Out) of memory(?: \\([^)]*\\))?: Kill(?:ed)? process .*|Out of memory and no killable processes.*|[^\\s[>][^[>]{0,30} invoked oom-killer: .*)`,
    ),
    panic: /^Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory)/i,
  },
  {
    // kernel/watchdog.c, whose lines have started with `watchdog`, `NMI watchdog` or nothing in different versions,
    // arch/powerpc/kernel/watchdog.c,
    // kernel/workqueue.c, and kernel/rcu/tree_stall.h. The first words are followed by CPUs in braces, a list, or an
    // address.
    kind: 'stall',
    mark: /lockup|LOCKUP|rcu_/,
    line: new RegExp(
      `${BEGIN}((?:(?:NMI )?watchdog: )?(?:BUG: soft lockup - CPU#\\d+ stuck for .*|(?:CPU\\d+: )?Watchdog detected hard LOCKUP on cpu .*|` +
        `CPU \\d+ (?:self-detected hard LOCKUP @|detected hard LOCKUP on other CPUs|Hard LOCKUP).*)|` +
        `BUG: workqueue lockup - pool .*|(?:rcu: )?INFO: rcu_\\w+ (?:self-detected stall on|detected (?:expedited )?stalls on) .*|` +
        `(?:rcu: )?(?:INFO: )?rcu_\\w+ kthread (?:timer wakeup|starved for) .*)`,
    ),
    panic: /^Kernel panic - not syncing: (?:softlockup|Hard LOCKUP|RCU Stall)/,
  },
  {
    // kernel/hung_task.c
    kind: 'hung-task',
    mark: /blocked .{0,20}for more than/,
    line: new RegExp(
      `${BEGIN}(INFO: task .{1,40}:\\d+ blocked (?:in I/O wait )?for more than \\d+ seconds.*)`,
    ),
    panic: /^Kernel panic - not syncing: hung_task/,
  },
]

/** Undefined if there is none. */
export function kernelFaultIn(text: string): KernelFault | undefined {
  const end = text.slice(-ENOUGH)
  return breakdownIn(end) ?? complaintIn(end)
}

function breakdownIn(text: string): KernelFault | undefined {
  if (!/Kernel panic|Oops|BUG|general protection|Unable to handle kernel|\[#\d/.test(text)) return undefined
  const lines = lastLines(text, MOST_LINES)
  const first = lines.findIndex((line) => PANIC.test(line) || OOPS.test(line))
  const panic = lines.map((line) => PANIC.exec(line)?.[1]).find((text) => text !== undefined)
  const message = panic ?? OOPS.exec(lines[first] ?? '')?.[1]
  if (message === undefined) return undefined
  const sign = panic === undefined ? undefined : SIGNS.find((one) => one.panic.test(panic))
  const from = sign === undefined ? first : Math.max(0, Math.min(first, firstOf(sign, lines)))
  return {
    kind: sign?.kind ?? 'breakdown',
    isPanic: panic !== undefined,
    sentence: fit(message, 200),
    lines: lines.slice(from, from + LINES),
  }
}

/** A fault before a login prompt is over: boots of emulated guests often report such stalls. */
function complaintIn(text: string): KernelFault | undefined {
  const since = text.slice(text.lastIndexOf(' login: ') + 1)
  for (const sign of SIGNS) {
    if (!sign.mark.test(since)) continue
    const lines = lastLines(since, MOST_LINES)
    const first = firstOf(sign, lines)
    const message = sign.line.exec(messageLine(sign, lines) ?? '')?.[1]
    if (message === undefined) continue
    return {
      kind: sign.kind,
      isPanic: false,
      sentence: fit(message, 200),
      lines: lines.slice(first, first + LINES),
    }
  }
  return undefined
}

function firstOf({ line }: Sign, lines: readonly string[]): number {
  const first = lines.findIndex((one) => line.test(one))
  return first === -1 ? lines.length : first
}

/** The most informative line: the killed program is more informative than the program that requested memory. */
function messageLine({ kind, line }: Sign, lines: readonly string[]): string | undefined {
  const fitting = lines.filter((one) => line.test(one))
  const killed = kind === 'out-of-memory' ? fitting.find((one) => / process /.test(one)) : undefined
  return killed ?? fitting[0]
}
