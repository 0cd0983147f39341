/** Why dpdk-testpmd did not start, or has no ports, from its output. */
import { SuiteError } from '../../common/errors.ts'
import { consoleLines } from '../guest-output.ts'
import type { DescriptorLimits } from './command.ts'
import {
  configureLines,
  isOfVerbs,
  leftOutForVerbs,
  refusalsOfBus,
  refusingDrivers,
  triedDrivers,
  verbsNotLoaded,
} from '../driver-lines.ts'

export type StartFailureCause =
  | 'not-installed'
  | 'already-running'
  | 'lcores'
  | 'vfio'
  // EAL works with physical or virtual addresses, and the port's driver needs the other kind
  | 'iova-mode'
  | 'hugepages'
  | 'memory'
  | 'no-port'
  // A driver recognizes the device, but cannot initialize it
  | 'driver-refused'
  // Like `driver-refused`, for a driver that works on top of the kernel's
  | 'no-verbs'
  // A library that such a driver needs is not there, and testpmd is linked with it
  | 'no-verbs-library'
  // No port, and such a driver was disabled because its library is missing, whether or not the ports need it
  | 'no-port-without-verbs'
  | 'too-many-queues'
  | 'memory-policy'
  | 'port-start'
  | 'unknown'

/** Code `testpmd-start-failed`. The message quotes testpmd. */
export class TestpmdStartError extends SuiteError {
  readonly classification: StartFailureCause
  /** The lines of testpmd that show the cause. */
  readonly evidence: readonly string[]
  /** The NIC's maximum of queues, if more were requested. */
  readonly maxQueues: number | undefined
  /** The most descriptors that the NIC's queues support, if more were requested. */
  readonly maxDescriptors: DescriptorLimits | undefined

  /** @param what happened, for the message */
  constructor(
    guest: string,
    failure: StartFailure,
    { what = 'did not start', ...options }: ErrorOptions & { readonly what?: string } = {},
  ) {
    super(
      'testpmd-start-failed',
      `dpdk-testpmd ${what} on the ${guest}: ${failure.evidence.join('; ')}`,
      options,
    )
    this.classification = failure.classification
    this.evidence = failure.evidence
    this.maxQueues = failure.maxQueues
    this.maxDescriptors = failure.maxDescriptors
  }
}

export interface StartFailure {
  readonly classification: StartFailureCause
  readonly evidence: readonly string[]
  readonly maxQueues?: number | undefined
  readonly maxDescriptors?: DescriptorLimits | undefined
}

/**
 * In this order: a device that VFIO refuses also ends in "no probed ethernet devices", and EAL warns about each
 * hugepage size without pages, even if it uses another size.
 */
const CAUSES: readonly (readonly [StartFailureCause, RegExp])[] = [
  ['not-installed', /dpdk-testpmd: (?:command )?not found|dpdk-testpmd: No such file/i],
  ['already-running', /Cannot create lock on|another primary process/i],
  // lib/eal/common/eal_common_options.c of 20.11 to 25.11
  [
    'lcores',
    /invalid.{0,40}(?:lcore|coremask|core.?list)|No valid lcores|specified cores are part of|core \d+ unavailable|core \d+ (?:is )?not (?:detected|available)/i,
  ],
  [
    'vfio',
    /VFIO group is not viable|DMA remapping|Failed to open VFIO|VFIO.{0,40}(?:could not|cannot|fail|denied|busy)|(?:cannot|failed to) (?:open|add) .{0,20}(?:\/dev\/)?vfio|failed to select IOMMU type|not managed by VFIO driver/i,
  ],
  // drivers/bus/pci/pci_common.c, where the bus refuses before it calls the driver; lib/eal/linux/eal.c.
  ['iova-mode', /Expecting '\w+' IOVA mode but current mode is '\w+'|Cannot use IOVA as '\w+'/],
  // testpmd's messages, and that of ethdev
  [
    'too-many-queues',
    /can't be greater than max_[rt]x_queues \(\d+\)|is greater than max_[rt]x_queues\(\d+\)|nb_[rt]x_queues=\d+ > \d+|[rt]xq \d+ invalid/,
  ],
  // EAL asks the kernel for the NUMA node of its hugepages; a seccomp profile may forbid that.
  ['memory-policy', /mempolicy: Operation not permitted/],
  ['hugepages', /No (?:available|free) .{0,40}hugepages|Cannot get hugepage information|hugetlbfs/i],
  ['memory', /Cannot init memory|Not enough memory available|Creation of mbuf pool .{0,40}failed/i],
  ['no-port', /No probed ethernet devices/i],
  ['port-start', /Start ports? failed|Fail(?:ed)? to (?:start|configure) port/i],
]

/** Lines without information about a failure: of EAL that starts, and of a program that cleans up. */
const CHATTER =
  /^EAL: (?:Detected |Multi-process socket|Selected IOVA mode|VFIO support initialized)|^TELEMETRY: No legacy|is closed$|Error disabling MSI-X|Releasing PCI mapped|Calling pci_unmap|Error - exiting with code/

/** Drivers that cannot bring a device up print more than EAL, and more lines. */
const MOST_LINES = 8

/** A shell's exit code for a command that it does not find; so is the loader's if a library is missing. */
const NOT_FOUND = 127
const NOT_LOADED = /error while loading shared libraries|symbol lookup error/

/**
 * @param printed raw output
 * @param exitCode of the shell's command, if known
 */
export function explainStartFailure(printed: string, exitCode?: number): StartFailure {
  const lines = consoleLines(printed).filter((line) => line !== '')
  const notLoaded = verbsNotLoaded(lines)
  if (notLoaded.length > 0)
    return { classification: 'no-verbs-library', evidence: notLoaded.slice(0, MOST_LINES) }
  const byDriver = driverFailure(lines)
  for (const [classification, pattern] of CAUSES) {
    const evidence = lines.filter((line) => pattern.test(line))
    if (evidence.length === 0 || isOnlyWarning(classification, lines)) continue
    if (byDriver !== undefined && FROM_PORTS.includes(classification)) return byDriver
    if (classification === 'no-port') return noPort(lines, evidence)
    const more = classification === 'port-start' ? configureLines(lines) : []
    const quoted = unique([...more, ...evidence]).slice(0, more.length > 0 ? MOST_LINES : 4)
    return {
      classification,
      evidence: quoted,
      maxQueues: leastQueues(evidence),
      maxDescriptors: descriptorLimits(more),
    }
  }
  if (byDriver !== undefined) return byDriver
  // Shells translate their messages.
  if (exitCode === NOT_FOUND && !lines.some((line) => NOT_LOADED.test(line)))
    return { classification: 'not-installed', evidence: lines.slice(-1) }
  // EAL and testpmd end with "EAL: Error - exiting with code: 1 / Cause: …".
  const cause = lines.filter((line) => /^(?:EAL: )?(?:Cause: |.*(?:error|fail|fatal|cannot))/i.test(line))
  const telling = (cause.length > 0 ? cause : lines).filter((line) => !CHATTER.test(line)).slice(-4)
  return {
    classification: 'unknown',
    evidence: telling.length > 0 ? telling : ['it said nothing'],
  }
}

/**
 * For a testpmd that showed its prompt, so that only ports are missing.
 * @param banner raw output before the prompt
 * @param has the ports that it has
 */
export function explainMissingPorts(banner: string, has: readonly string[]): StartFailure {
  const lines = consoleLines(banner).filter((line) => line !== '')
  const byDriver = driverFailure(lines)
  if (byDriver !== undefined) return byDriver
  for (const [classification, pattern] of CAUSES) {
    if (!FROM_PORTS.includes(classification)) continue
    const evidence = unique(lines.filter((line) => pattern.test(line))).slice(0, 4)
    if (evidence.length === 0) continue
    return classification === 'no-port' ? noPort(lines, evidence, has) : { classification, evidence }
  }
  const evidence = [`it has ${has.length === 0 ? 'none at all' : `only ${has.join(' and ')}`}`]
  return noPort(lines, evidence, has)
}

function noPort(
  lines: readonly string[],
  evidence: readonly string[],
  has: readonly string[] = [],
): StartFailure {
  const leftOut = leftOutForVerbs(lines)
  // A driver that gives up a device in silence is there all the same (sriov-network-device-plugin#266).
  const tried = triedDrivers(lines).filter((line) =>
    has.length === 0 ? true : line.includes('device: ') && !has.some((port) => line.includes(port)),
  )
  if (leftOut.length === 0 && tried.length > 0)
    return {
      classification: 'driver-refused',
      evidence: unique([...tried, ...evidence]).slice(0, MOST_LINES),
    }
  // Before it calls a driver, EAL gets the device from VFIO and maps it.
  const refused = refusalsOfBus(lines).filter((line) => !has.some((port) => line.includes(port)))
  if (leftOut.length === 0 && refused.length > 0)
    return { classification: 'vfio', evidence: unique([...refused, ...evidence]).slice(0, MOST_LINES) }
  const quoted = unique([...leftOut, ...evidence]).slice(0, MOST_LINES)
  return { classification: leftOut.length > 0 ? 'no-port-without-verbs' : 'no-port', evidence: quoted }
}

/** EAL's message about missing ports is only a consequence if a driver gave them up before. */
const FROM_PORTS: readonly StartFailureCause[] = ['vfio', 'iova-mode', 'no-port']

function driverFailure(lines: readonly string[]): StartFailure | undefined {
  const refused = refusingDrivers(lines)
  if (refused.length === 0) return undefined
  const evidence = unique(refused).slice(0, MOST_LINES)
  return { classification: isOfVerbs(evidence) ? 'no-verbs' : 'driver-refused', evidence }
}

/** A hugepage size without pages, or a refused memory policy, is the cause only if EAL had no memory afterwards. */
function isOnlyWarning(classification: StartFailureCause, lines: readonly string[]): boolean {
  if (classification !== 'hugepages' && classification !== 'memory-policy') return false
  const fatal = /No probed ethernet devices|Start ports? failed|Fail(?:ed)? to (?:start|configure) port/i
  return lines.some((line) => fatal.test(line))
}

function leastQueues(lines: readonly string[]): number | undefined {
  const limits = lines.flatMap((line) => {
    const limit = /max_[rt]x_queues ?\((\d{1,5})\)|<= (\d{1,5})$|queues=\d+ > (\d{1,5})$/.exec(line)
    return limit === null ? [] : [Number(limit[1] ?? limit[2] ?? limit[3])]
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

/**
 * ethdev's message in all versions: `Invalid value for nb_tx_desc(=2048), should be: <= 1024, >= 128, and a product of
 * 1`.
 */
const TOO_MANY_DESCRIPTORS =
  /\bnb_([rt]x)_desc\(=(\d{1,5})\), should be: <= (\d{1,5}), >= (\d{1,5}), and a product of (\d{1,5})/

function descriptorLimits(lines: readonly string[]): DescriptorLimits | undefined {
  const limits: { rx?: number; tx?: number } = {}
  for (const line of lines) {
    const [, direction, ...numbers] = TOO_MANY_DESCRIPTORS.exec(line) ?? []
    const [asked = 0, most = 0, least = 0, step = 0] = numbers.map(Number)
    const usable = most - (most % Math.max(1, step))
    // Only a number above the maximum can be reduced; any other refusal would be repeated.
    if (direction !== 'rx' && direction !== 'tx') continue
    if (asked > most && usable > 0 && usable >= least) limits[direction] = usable
  }
  return limits.rx === undefined && limits.tx === undefined ? undefined : limits
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)]
}
