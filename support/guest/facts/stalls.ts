/**
 * The longest stall of a guest's CPUs, by a tracer of its kernel: osnoise, which tells what stopped the CPU, else hwlat,
 * which sees only what the kernel does not know of. Both need no more than tracefs.
 *
 * Sources for files and formats: the kernel's Documentation/trace/osnoise-tracer.rst and hwlat_detector.rst; for
 * hwlat's lines the same folder's ftrace.rst.
 */
import { quoteTail } from '../../common/sentence.ts'
import type { Limits } from '../../common/wait.ts'
import { writeCpuList, writeCpuMask } from '../../model/cpu-list.ts'
import type { Stall, Stalls, StallSource } from '../../model/stalls.ts'
import type { Shell } from '../console/shell.ts'

const TRACEFS = '/sys/kernel/tracing'
const WATCH_SECONDS = 3
/** Ticks and the tracer's own overhead are shorter. */
const THRESHOLD_MICROSECONDS = 5
/** Consoles are slow. A stall contains no interruption longer than itself, so the longest lines are enough. */
const MOST_LINES = 160

/** Puts the duration of each line before it, in nanoseconds; lines without one come first. */
const BY_DURATION =
  '!/^#/{k="9999999999";for(i=1;i<NF;i++){if($i=="duration")k=$(i+1);' +
  'if($i=="inner/outer(us):"){split($(i+1),p,"/");k=(p[1]+0>p[2]+0?p[1]:p[2])*1000}}print k,$0}'

const START: readonly string[] = [
  'for e in sample_threshold nmi_noise irq_noise softirq_noise thread_noise; do s 1 events/osnoise/$e/enable; done',
  // hwlat moves from CPU to CPU with each window, unless its kernel knows per-cpu (5.14).
  's 90000 hwlat_detector/width; s 100000 hwlat_detector/window; s per-cpu hwlat_detector/mode',
  `s ${THRESHOLD_MICROSECONDS} tracing_thresh; s '' trace; s 1 tracing_on`,
]

const END: readonly string[] = [
  // What is left on would take the CPUs from testpmd.
  's nop current_tracer; s 0 events/osnoise/enable; s 0 tracing_thresh; s "$m" tracing_cpumask; s 1 tracing_on',
]

/**
 * Prints `tracers <all of the kernel>`, and if one of the two is among them `busy <tracer>`, `refused <reason>` or
 * `watched <tracer>` and its lines. It takes `WATCH_SECONDS`. Files that a kernel lacks are left out.
 */
function stallsCommand(cpus: readonly number[]): string {
  const [list, mask] = [writeCpuList(cpus), writeCpuMask(cpus)]
  const watch = [
    'm=; read -r m <tracing_cpumask',
    `if [ $n = osnoise ]; then s ${list} osnoise/cpus; else s ${mask} tracing_cpumask; fi`,
    ...START,
    'if w=$( { echo $n >current_tracer; } 2>&1 ); then ' +
      `sleep ${WATCH_SECONDS}; s 0 tracing_on; echo "watched $n"; ` +
      // A short trace needs no further programs, each of which takes time in an emulated guest.
      `if [ -z "$(sed -n ${MOST_LINES}p trace)" ]; then cat trace; ` +
      `else awk '${BY_DURATION}' trace | sort -rn | head -n ${MOST_LINES}; fi; else echo "refused $w"; fi`,
    ...END,
  ].join('; ')
  return [
    's() { { echo "$1" >"$2"; } 2>/dev/null; }',
    `t=${TRACEFS}`,
    '[ -e $t/available_tracers ] || mount -t tracefs tracefs $t 2>/dev/null',
    'a=; [ ! -r $t/available_tracers ] || read -r a <$t/available_tracers',
    'echo "tracers $a"',
    'n=; for o in hwlat osnoise; do case " $a " in *" $o "*) n=$o;; esac; done',
    `if [ -n "$n" ]; then cd $t; c=; read -r c <current_tracer; if [ "$c" = nop ]; then ${watch}; else echo "busy $c"; fi; fi`,
  ].join('; ')
}

/** Watches these CPUs, on which nothing may poll yet. A kernel that cannot is a fact, not an error. */
export async function readStalls(shell: Shell, cpus: readonly number[], limits: Limits): Promise<Stalls> {
  const { output } = await shell.run(stallsCommand(cpus), limits)
  return parseStalls(output, cpus)
}

/** @param output of `stallsCommand` for these CPUs; events of other CPUs are ignored */
export function parseStalls(output: string, cpus: readonly number[]): Stalls {
  const value = (name: string) => new RegExp(`^${name}(?: (.*))?$`, 'm').exec(output)?.[1]?.trim() ?? ''
  const tracer = (['osnoise', 'hwlat'] as const).find((name) => value('watched') === name)
  if (tracer === undefined) {
    const [tracers = '', busy = '', refused = ''] = ['tracers', 'busy', 'refused'].map(value)
    if (busy !== '') return { unknown: `its kernel already traces with ${quoteTail(busy)}` }
    if (refused !== '') return { unknown: `its kernel refuses to trace: ${quoteTail(refused)}` }
    if (tracers === '') return { unknown: 'its kernel has no tracefs' }
    return { unknown: 'its kernel has neither of the tracers osnoise and hwlat' }
  }
  const all = output.split('\n')
  const lines = all.flatMap((line) => parseLine(line, cpus))
  const longest = tracer === 'osnoise' ? longestOf(lines, all.length < MOST_LINES) : longestGap(lines)
  return {
    tracer,
    cpus: writeCpuList(cpus),
    watchedFor: WATCH_SECONDS * 1000,
    thresholdMicroseconds: THRESHOLD_MICROSECONDS,
    ...(longest === undefined ? {} : { longest }),
  }
}

interface Line {
  readonly cpu: number
  /** Without task, CPU, flags and time. */
  readonly text: string
}

/** `<task>-<pid>  [<cpu>] <flags> <seconds>: <text>`; its own length may stand before it. */
const TRACE_LINE = /\[(\d{1,4})\]\s{1,20}\S{1,20}\s{1,20}\d{1,12}\.\d{1,9}:\s{1,20}(\S.*)$/

function parseLine(line: string, cpus: readonly number[]): Line[] {
  if (line.length > LONGEST_LINE) return []
  const [, cpu, text] = TRACE_LINE.exec(line) ?? []
  return text === undefined || !cpus.includes(Number(cpu)) ? [] : [{ cpu: Number(cpu), text: text.trim() }]
}

const LONGEST_LINE = 500

/** A time without the polling thread, or one of the interruptions in it. */
interface Spell {
  readonly cpu: number
  /** Seconds since the boot. */
  readonly start: number
  readonly nanoseconds: number
}

interface Sample extends Spell {
  readonly interferences: number
}

interface Interference extends Spell {
  readonly by: StallSource
  readonly name: string | undefined
}

const SAMPLE = /^sample_threshold: start (\d{1,12}\.\d{9}) duration (\d{1,12}) ns interferences? (\d{1,9})$/
const NOISE =
  /^(nmi|irq|softirq|thread)_noise: (?:([\x21-\x7e][\x20-\x7e]{0,60}?) )?start (\d{1,12}\.\d{9}) duration (\d{1,12}) ns$/

function longestOf(lines: readonly Line[], isComplete: boolean): Stall | undefined {
  const samples = lines.flatMap(({ cpu, text }): Sample[] => {
    const [, start, nanoseconds, interferences] = SAMPLE.exec(text) ?? []
    if (start === undefined) return []
    const count = Number(interferences)
    return [{ cpu, start: Number(start), nanoseconds: Number(nanoseconds), interferences: count }]
  })
  const [first, ...others] = samples
  if (first === undefined) return longestOfPeriods(lines)
  const longest = others.reduce((most, one) => (one.nanoseconds > most.nanoseconds ? one : most), first)
  const all = lines.flatMap(({ cpu, text }): Interference[] => {
    const [, by, name, start, nanoseconds] = NOISE.exec(text) ?? []
    if (by === undefined) return []
    return [{ cpu, by: by as StallSource, name, start: Number(start), nanoseconds: Number(nanoseconds) }]
  })
  return {
    cpu: longest.cpu,
    microseconds: longest.nanoseconds / 1000,
    ...causeOf(longest, all, isComplete),
  }
}

/**
 * What took most of a stall. The interruptions' durations are net, so their sum is the kernel's part; the rest is not
 * the kernel's.
 * @param isComplete whether the list has every interruption; otherwise those that are missing are shorter than any of it
 */
function causeOf(
  { cpu, start, nanoseconds, interferences }: Sample,
  all: readonly Interference[],
  isComplete: boolean,
): Pick<Stall, 'by' | 'name'> {
  const end = start + nanoseconds / 1e9
  const inside = all.filter((one) => one.cpu === cpu && one.start >= start && one.start < end)
  const sum = (some: readonly Spell[]) => some.reduce((total, one) => total + one.nanoseconds, 0)
  const shortest = Math.min(nanoseconds, ...all.map((one) => one.nanoseconds))
  const unlisted = isComplete ? 0 : Math.max(0, interferences - inside.length) * shortest
  if (nanoseconds - sum(inside) - unlisted > nanoseconds / 2) return { by: 'hardware' }
  const byKind = [...Map.groupBy(inside, ({ by }) => by)].map(([by, some]) => ({ by, some }))
  const [most] = byKind.toSorted((one, other) => sum(other.some) - sum(one.some))
  if (most === undefined || sum(most.some) < nanoseconds / 4) return { by: 'unknown' }
  const [worst] = most.some.toSorted((one, other) => other.nanoseconds - one.nanoseconds)
  return { by: most.by, ...(worst?.name === undefined ? {} : { name: worst.name }) }
}

/** At the end of a period: runtime, noise, % available, longest noise (µs); interruptions by hardware, NMI, IRQ, … */
const PERIOD =
  /^\d{1,9}\s+\d{1,9}\s+\d{1,3}\.\d{1,5}\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})$/
const COUNTED: readonly StallSource[] = ['hardware', 'nmi', 'irq', 'softirq', 'thread']

/** For a kernel that recorded no single noise: a period contains only the longest, and how often each source interrupted. */
function longestOfPeriods(lines: readonly Line[]): Stall | undefined {
  const stalls = lines.flatMap(({ cpu, text }): Stall[] => {
    const [, longest, ...counts] = PERIOD.exec(text) ?? []
    if (longest === undefined || Number(longest) === 0) return []
    const sources = COUNTED.filter((_, index) => Number(counts[index]) > 0)
    const [only] = sources
    const by = sources.length === 1 && only !== undefined ? only : 'unknown'
    return [{ cpu, microseconds: Number(longest), by }]
  })
  return longestAmong(stalls)
}

const GAP = /^#\d{1,9}\s+inner\/outer\(us\):\s*(\d{1,9})\/(\d{1,9})\s+ts:\d+\.\d+(?:\s+count:\d+)?(.*)$/

/** hwlat's threads run with interrupts disabled: only NMIs and the hardware can stop them. */
function longestGap(lines: readonly Line[]): Stall | undefined {
  const stalls = lines.flatMap(({ cpu, text }): Stall[] => {
    const [, inner, outer, rest = ''] = GAP.exec(text) ?? []
    if (inner === undefined) return []
    const length = Math.max(Number(inner), Number(outer))
    const inNmis = Number(/nmi-total:(\d{1,12})/.exec(rest)?.[1] ?? 0)
    return [{ cpu, microseconds: length, by: inNmis > length / 2 ? 'nmi' : 'hardware' }]
  })
  return longestAmong(stalls)
}

function longestAmong(stalls: readonly Stall[]): Stall | undefined {
  return stalls.toSorted((one, other) => other.microseconds - one.microseconds)[0]
}
