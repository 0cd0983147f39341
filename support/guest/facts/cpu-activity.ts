/**
 * Disturbances of a guest's CPUs over a time: interrupts, timer ticks, threads that waited for a CPU, and time that the
 * host took. The first sample is stored in the guest, which costs next to nothing; it is read only for a diagnosis.
 */
/** Interrupts of one source on one CPU. */
export interface InterruptSource {
  readonly cpu: number
  /** Number and device from /proc/interrupts, e.g. `24 virtio0-input.0`. */
  readonly name: string
  readonly count: number
}

export interface CpuActivity {
  /** Between the two samples. */
  readonly seconds: number
  /** Interrupts of devices, by CPU; the most frequent first. */
  readonly interrupts: readonly InterruptSource[]
  /** Ticks of the local timer, by CPU. */
  readonly ticks: ReadonlyMap<number, number>
  /** Seconds in which a CPU was ready to run and the host ran something else, by CPU. */
  readonly stolen: ReadonlyMap<number, number>
  /**
   * Seconds for which runnable threads waited for a CPU, by CPU. Notable only if two threads compete for a CPU. Empty
   * if the kernel does not report it.
   */
  readonly waited: ReadonlyMap<number, number>
}

/** From /proc/schedstat (sched-stats.rst) only the lines of the version and of each CPU, after the other files. */
const READ_NOW = "{ cat /proc/uptime /proc/stat /proc/interrupts; grep '^[vc]' /proc/schedstat; }"
const KEPT = '/run/dpdk-checkup-activity'

/** A command that stores the first sample. It prints nothing. */
export const KEEP_ACTIVITY = `${READ_NOW} >${KEPT} 2>/dev/null`

const SEPARATOR = '-- now --'

/** A command that prints the stored sample, and then a new one. */
export const READ_ACTIVITY = `cat ${KEPT} 2>/dev/null; echo; echo '${SEPARATOR}'; ${READ_NOW} 2>/dev/null`

/** Both samples from the output of `READ_ACTIVITY`; empty if missing. */
export function splitActivity(output: string): [before: string, now: string] {
  const [before = '', now = ''] = output.split(`\n${SEPARATOR}\n`)
  return [before, now]
}

/** USER_HZ, in which /proc/stat counts (proc_stat(5)); 100 on all of Linux's common architectures. */
const TICKS_OF_STAT = 100
/** The unit of /proc/schedstat. */
const NANOSECONDS = 1e9

/**
 * @param before,now /proc/uptime, /proc/stat and /proc/interrupts, one after the other
 * @returns undefined if one of them is malformed, or the guest has rebooted between them
 */
export function activityBetween(before: string, now: string): CpuActivity | undefined {
  const [one, other] = [parse(before), parse(now)]
  if (one === undefined || other === undefined || other.uptime <= one.uptime) return undefined
  const counts = [...other.interrupts].map(([key, { cpu, name, isDevice, count }]) => {
    return { cpu, name, isDevice, count: count - (one.interrupts.get(key)?.count ?? 0) }
  })
  const interrupts = counts
    .filter(({ isDevice, count }) => isDevice && count > 0)
    .map(({ cpu, name, count }) => ({ cpu, name, count }))
    .sort((left, right) => right.count - left.count)
  const timers = counts.filter(({ name }) => name.startsWith('LOC'))
  return {
    seconds: other.uptime - one.uptime,
    interrupts,
    ticks: new Map(timers.map(({ cpu, count }) => [cpu, Math.max(0, count)])),
    stolen: grown(one.stolen, other.stolen, TICKS_OF_STAT),
    waited: grown(one.waited, other.waited, NANOSECONDS),
  }
}

/**
 * Growth of counts, in seconds. Counters that only the later sample has are left out: they may count since the boot.
 */
function grown(
  before: ReadonlyMap<number, number>,
  now: ReadonlyMap<number, number>,
  perSecond: number,
): Map<number, number> {
  return new Map(
    [...now].flatMap(([cpu, count]) => {
      const first = before.get(cpu)
      return first === undefined ? [] : [[cpu, Math.max(0, count - first) / perSecond] as const]
    }),
  )
}

interface Counted extends InterruptSource {
  /** Numbered lines are device interrupts; those with letters are the CPUs' own: timers, inter-processor interrupts. */
  readonly isDevice: boolean
}

interface Reading {
  /** Seconds. */
  readonly uptime: number
  /** Ticks, by CPU. */
  readonly stolen: ReadonlyMap<number, number>
  /** Nanoseconds, by CPU. */
  readonly waited: ReadonlyMap<number, number>
  readonly interrupts: ReadonlyMap<string, Counted>
}

/** More lines than any guest has; further lines are ignored. */
const MOST_LINES = 5000

function parse(text: string): Reading | undefined {
  const lines = text.split('\n').slice(0, MOST_LINES)
  const uptime = Number(/^(\d{1,12}\.\d{2}) \d/.exec(lines[0] ?? '')?.[1])
  if (!Number.isFinite(uptime)) return undefined
  const stolen = new Map<number, number>()
  const waited = new Map<number, number>()
  const interrupts = new Map<string, Counted>()
  let isSchedstat = false
  let columns: readonly number[] = []
  for (const line of lines) {
    const fields = line.trim().split(/\s+/)
    const [first = ''] = fields
    if (first === 'version') isSchedstat = true
    // /proc/stat: `cpu0 user nice system idle iowait irq softirq steal …`. /proc/schedstat's eighth is the wait.
    const cpu = /^cpu(\d{1,4})$/.exec(first)?.[1]
    if (cpu !== undefined) (isSchedstat ? waited : stolen).set(Number(cpu), Number(fields[8] ?? 0) || 0)
    else if (/^CPU\d{1,4}$/.test(first)) columns = fields.map((field) => Number(field.slice(3)))
    else if (columns.length > 0 && /^[A-Z\d]{1,8}:$/.test(first)) readSource(fields, columns, interrupts)
  }
  return { uptime, stolen, waited, interrupts }
}

function readSource(fields: readonly string[], columns: readonly number[], into: Map<string, Counted>): void {
  const [label = ''] = fields
  const id = label.slice(0, -1)
  // Between the counts and the device are the names of its interrupt controller and line.
  const device = fields.length > 1 + columns.length ? fields.at(-1) : undefined
  const name = [id, ...(device === undefined ? [] : [device])].join(' ').slice(0, 100)
  for (const [index, cpu] of columns.entries()) {
    const count = Number(fields[index + 1])
    if (!Number.isSafeInteger(count)) return
    into.set(`${cpu} ${id}`, { cpu, name, count, isDevice: /^\d+$/.test(id) })
  }
}
