/** Parses testpmd's start in a pod's log: EAL's findings, the ports, and the forwarding mode. */
import { SuiteError } from '../common/errors.ts'
import { consoleLines } from '../dataplane/guest-output.ts'
import { parsePortInfo, type PortInfo } from '../dataplane/testpmd/parsers/port-info.ts'

export interface Startup {
  /** `VA` or `PA`. */
  readonly iovaMode: string | undefined
  readonly vfio: boolean
  /** The entry point's choice: a map such as `0@2,1@3`, or a list of CPUs. */
  readonly lcores: string | undefined
  /** By port number. */
  readonly ports: ReadonlyMap<number, PortInfo>
  /** Queues of virtio_user's tap, from its device arguments; undefined without one. */
  readonly tapQueues: number | undefined
  /** The MAC address that DPDK was configured to give the tap, in lower case. */
  readonly tapMac: string | undefined
  /** `io`, `mac`, `rxonly` …; undefined if it does not forward. */
  readonly forwardMode: string | undefined
  /** lcores (not CPUs) that forward. */
  readonly forwardingLcores: readonly number[]
  /** Warnings and errors of EAL and testpmd. */
  readonly errors: readonly string[]
}

/** Excludes counters and properties with such a word in their name, such as `RX-errors: 0`. */
const ERROR_LINE = /^(?!.*(X-error|error handling)).*\b(error|fail(ed|ure)?|cannot|denied)\b/i

/** EAL's first line, up to DPDK 21.08 and since. */
const EAL_BEGINS = /^EAL: Detected (?:\d{1,5} lcore\(s\)|CPU lcores: \d)/

/**
 * Parses the last start in the log: the entry point may have started testpmd before, to read a MAC address.
 * @throws SuiteError `unparsable` if testpmd has printed no port
 */
export function parseStartup(log: string): Startup {
  const lines = consoleLines(log)
  const start = lines.findLastIndex((line) => EAL_BEGINS.test(line))
  if (start < 0) throw new SuiteError('unparsable', 'the log of the pod has no output of EAL')
  const mine = lines.slice(start)
  const behind = (pattern: RegExp, among = mine) =>
    among.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined)
  const devargs = behind(/^Devargs: (.*\biface=.*)$/)
  return {
    iovaMode: behind(/Selected IOVA mode '(\w+)'/),
    vfio: mine.some((line) => line.includes('VFIO support initialized')),
    lcores: behind(/^Pinned lcores will be: (\S+)$/, lines),
    ports: parsePortInfo(portInfos(mine)),
    tapQueues: numberOf(/\bqueues=(\d{1,3})\b/.exec(devargs ?? '')?.[1]),
    tapMac: /\bmac=([0-9a-f:]{17})/i.exec(devargs ?? '')?.[1]?.toLowerCase(),
    forwardMode: behind(/^\s*([\w-]+) packet forwarding(?: with retry)? - ports=/),
    forwardingLcores: mine.flatMap((line) => {
      const lcore = numberOf(/^Logical Core (\d{1,4}) .*forwards packets/.exec(line)?.[1])
      return lcore === undefined ? [] : [lcore]
    }),
    errors: mine.filter((line) => ERROR_LINE.test(line)).slice(0, 10),
  }
}

/** The CPUs of each lcore by its number, from an lcore map or list: `0@2,1@3` or `2-5,34-37`. */
export function cpusOfLcores(lcores: string): ReadonlyMap<number, number> {
  const map = new Map<number, number>()
  for (const part of lcores.split(',')) {
    const [, lcore, cpu] = /^(\d{1,4})@(\d{1,4})$/.exec(part) ?? []
    if (lcore !== undefined && cpu !== undefined) {
      map.set(Number(lcore), Number(cpu))
      continue
    }
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    if (first === undefined)
      throw new SuiteError('unparsable', `${JSON.stringify(lcores.slice(0, 200))} is not a map of lcores`)
    for (let each = Number(first); each <= Number(last ?? first); each += 1) map.set(each, each)
  }
  return map
}

/** The first `show port info all`: each port once. */
function portInfos(lines: readonly string[]): string {
  const seen = new Set<string>()
  const taken: string[] = []
  let isTaken = false
  for (const line of lines) {
    const [, port] = /Infos for port (\d+)/.exec(line) ?? []
    if (port !== undefined) {
      isTaken = !seen.has(port)
      seen.add(port)
    } else if (/^(#{10,}|testpmd>|.*packet forwarding - ports)/.test(line) || line.includes('NIC statistics'))
      isTaken = false
    if (isTaken) taken.push(line)
  }
  return taken.join('\n')
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
