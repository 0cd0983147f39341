/** Reads facts from a guest after a failure, by one command, and parses its output. */
import type { Limits } from '../common/wait.ts'
import { foreign } from '../common/foreign-text.ts'
import { quote } from '../common/shell-quote.ts'
import { activityBetween, READ_ACTIVITY, splitActivity } from '../guest/facts/cpu-activity.ts'
import { deviceOf } from '../guest/facts/nic-families/families.ts'
import type { DiagnosticCommand } from '../dataplane/engines/engine.ts'
import type { Shell } from '../guest/console/shell.ts'
import type { GuestThread, GuestEvidence, PciPort } from './findings.ts'
import { fit, fitForeign, lastLines } from './excerpt.ts'

/** The most bytes of each answer; /proc/interrupts of many CPUs is the longest. */
const ENOUGH = 60_000
const DMESG_LINES = 25

const MOST_THREADS = 40

/**
 * Prints `tid cpu state ticks name` of threads with at least 100 ms of CPU time, the busiest first. A name may contain
 * blanks and brackets: after the last bracket there are only numbers.
 */
const READ_THREADS =
  `cat /proc/[0-9]*/task/[0-9]*/stat 2>/dev/null | awk '{ rest = $0; sub(/^.*[)] /, "", rest); n = split(rest, f, " "); ` +
  `name = $0; sub(/^[^(]*[(]/, "", name); sub(/[)] [^)]*$/, "", name); ` +
  `if (n > 36 && f[12] + f[13] >= 10) print $1, f[37], f[1], f[12] + f[13], name }' | sort -k4,4nr | head -n ${MOST_THREADS}`

/** PCI addresses of a guest's ports. */
export interface PortAddresses {
  readonly east: string
  readonly west: string
}

const SECTIONS = [
  'cmdline',
  'tuned',
  'hugepages',
  'pci',
  'throttled',
  'engine',
  'threads',
  'dmesg',
  'activity',
] as const
type Section = (typeof SECTIONS)[number]

/** Each command is independent, prints nothing if there is no evidence, and delays the others only briefly. */
function commands(
  { east, west }: PortAddresses,
  engine: DiagnosticCommand | undefined,
): Readonly<Record<Section, string>> {
  return {
    cmdline: 'cat /proc/cmdline',
    tuned:
      'if command -v tuned-adm; then timeout 5 tuned-adm active || cat /etc/tuned/active_profile; fi 2>/dev/null',
    hugepages:
      'for d in /sys/kernel/mm/hugepages/hugepages-*kB; do [ -d $d ] && echo "pool $d $(cat $d/nr_hugepages) $(cat $d/free_hugepages)"; done',
    pci:
      `for p in ${quote(`east ${east}`)} ${quote(`west ${west}`)}; do d=/sys/bus/pci/devices/\${p#* }; ` +
      'echo "port ${p%% *} $(cat $d/vendor) $(cat $d/device)"; ' +
      'for f in subsystem_vendor subsystem_device current_link_speed current_link_width max_link_speed max_link_width; do [ -e $d/$f ] && echo "$f $(cat $d/$f)"; done; ' +
      'for n in $d/net/* $d/virtio*/net/*; do [ -e $n/carrier_changes ] && echo "carrier_changes $(cat $n/carrier_changes)"; done; done 2>/dev/null',
    throttled: "sed -n 's/^nr_throttled //p' /sys/fs/cgroup/cpu.stat 2>/dev/null",
    engine: engine?.command ?? 'true',
    threads: READ_THREADS,
    dmesg: `dmesg 2>/dev/null | tail -n ${DMESG_LINES}`,
    activity: READ_ACTIVITY,
  }
}

const MARK = '@@ '

/** @param engine the traffic engine's command; undefined: none */
export async function readGuestEvidence(
  shell: Shell,
  addresses: PortAddresses,
  limits: Limits,
  engine?: DiagnosticCommand,
): Promise<GuestEvidence> {
  const line = Object.entries(commands(addresses, engine))
    .map(([name, command]) => `echo '${MARK}${name}'; { ${command}; } </dev/null | head -c ${ENOUGH}; echo`)
    .join('; ')
  const { output } = await shell.run(`${line}; true`, limits)
  return parseGuestEvidence(output, engine?.lines)
}

/**
 * @param output of `readGuestEvidence`' command; missing or malformed parts are left out
 * @param engineLines how many lines of the engine's output are kept
 */
export function parseGuestEvidence(output: string, engineLines = 0): GuestEvidence {
  const sections = split(output)
  const text = (name: Section) => fit(sections.get(name) ?? '', 2000)
  const [tuned, kernelArguments, throttled] = [
    tunedProfile(text('tuned')),
    text('cmdline'),
    text('throttled'),
  ]
  const activity = activityBetween(...splitActivity(sections.get('activity') ?? ''))
  const dmesg = lastLines(sections.get('dmesg') ?? '', DMESG_LINES)
  const engine = engineLines === 0 ? [] : lastLines(sections.get('engine') ?? '', engineLines)
  const running = threads(sections.get('threads') ?? '')
  const hugepages = pools(sections.get('hugepages') ?? '')
  const pci = ports(sections.get('pci') ?? '')
  return {
    ...(kernelArguments === '' ? {} : { kernelArguments: foreign(kernelArguments) }),
    ...(tuned === '' ? {} : { tuned }),
    ...(hugepages.length === 0 ? {} : { hugepages }),
    ...(pci.length === 0 ? {} : { pci }),
    ...(activity === undefined ? {} : { activity }),
    ...(running.length === 0 ? {} : { threads: running }),
    ...(/^\d{1,12}$/.test(throttled) ? { throttled: Number(throttled) } : {}),
    ...(dmesg.length === 0 ? {} : { dmesg }),
    ...(engine.length === 0 ? {} : { engine }),
  }
}

/** Splits the output at the marks, in order; only the first of each mark counts, so that output cannot forge one. */
function split(output: string): Map<Section, string> {
  const sections = new Map<Section, string>()
  let rest = `\n${output}`
  for (const [index, name] of SECTIONS.entries()) {
    const begin = `\n${MARK}${name}\n`
    const at = rest.indexOf(begin)
    if (at === -1) continue
    rest = rest.slice(at + begin.length - 1)
    const next = SECTIONS.slice(index + 1)
      .map((following) => rest.indexOf(`\n${MARK}${following}\n`))
      .filter((found) => found !== -1)
    sections.set(name, rest.slice(1, Math.min(...next, rest.length)))
  }
  return sections
}

/** `Current active profile: cpu-partitioning`, after the path of tuned-adm. */
function tunedProfile(text: string): string {
  return (/(?:active profile: )(\S.*)$/m.exec(text)?.[1] ?? text.split('\n').at(-1) ?? '').trim()
}

function pools(text: string): NonNullable<GuestEvidence['hugepages']> {
  return [...text.matchAll(/^pool \S*hugepages-(\d{1,9})kB (\d{1,9}) (\d{1,9})$/gm)].map(
    ([, size, total, free]) => ({ sizeKiB: Number(size), total: Number(total), free: Number(free) }),
  )
}

/** USER_HZ, the unit of CPU time; 100 on all common architectures of Linux. */
const TICKS = 100

function threads(text: string): GuestThread[] {
  return [...text.matchAll(/^(\d{1,9}) (\d{1,4}) ([A-Za-z]) (\d{1,12}) (.{1,64})$/gm)]
    .slice(0, MOST_THREADS)
    .map(([, tid, cpu, state, ticks, name]) => ({
      tid: Number(tid),
      name: fitForeign(name ?? '', 32),
      cpu: Number(cpu),
      seconds: Number(ticks) / TICKS,
      isRunnable: state === 'R',
    }))
}

/** PCI vendors of emulated devices: virtio, QEMU, VMware, Xen, Bochs. */
const VIRTUAL_VENDORS = ['1af4', '1b36', '15ad', '5853', '1234']
/** Emulated by QEMU; DPDK has no driver for the real one. */
const RTL8139 = '10ec:8139'
/** Subsystem vendor of QEMU's emulated devices. */
const QEMU_SUBSYSTEM = '0x1af4:0x1100'

function isEmulated(ids: string, subsystem: string): boolean {
  const [vendor = ''] = ids.split(':')
  return (
    VIRTUAL_VENDORS.includes(vendor) ||
    deviceOf(ids)?.isEmulated === true ||
    ids === RTL8139 ||
    subsystem === QEMU_SUBSYSTEM
  )
}

function ports(text: string): PciPort[] {
  return text.split(/^(?=port )/m).flatMap((part): PciPort[] => {
    const [, port, vendor, device] = /^port (east|west) 0x([\da-f]{4}) 0x([\da-f]{4})$/m.exec(part) ?? []
    if (port !== 'east' && port !== 'west') return []
    const value = (name: string) => new RegExp(`^${name} (.{1,60})$`, 'm').exec(part)?.[1]?.trim()
    const ids = `${vendor ?? ''}:${device ?? ''}`
    const subsystem = `${value('subsystem_vendor') ?? ''}:${value('subsystem_device') ?? ''}`
    const speed = (name: string) => {
      const text = value(name)
      return text === undefined || !/^[\d.]+ GT\/s/.test(text) ? undefined : foreign(text)
    }
    const count = (name: string) => {
      const text = value(name)
      return text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text)
    }
    return [
      {
        port,
        ids,
        isEmulated: isEmulated(ids, subsystem),
        speed: speed('current_link_speed'),
        width: count('current_link_width'),
        maxSpeed: speed('max_link_speed'),
        maxWidth: count('max_link_width'),
        carrierChanges: count('carrier_changes'),
      },
    ]
  })
}
