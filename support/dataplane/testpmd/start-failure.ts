/** Why dpdk-testpmd did not start, told from its last words. */
import { SuiteError } from '../../common/errors.ts'
import { consoleLines } from '../guest-output.ts'

export type StartFailureCause =
  | 'not-installed'
  | 'already-running'
  | 'lcores'
  | 'vfio'
  | 'hugepages'
  | 'memory'
  | 'no-port'
  | 'too-many-queues'
  | 'memory-policy'
  | 'port-start'
  | 'unknown'

/** Code `testpmd-start-failed`. The message says what happened in testpmd's own words. */
export class TestpmdStartError extends SuiteError {
  readonly classification: StartFailureCause
  /** The lines of testpmd that show the cause. */
  readonly evidence: readonly string[]
  /** The most queues that the NIC has, where more were asked for. */
  readonly maxQueues: number | undefined

  constructor(guest: string, failure: StartFailure, options?: ErrorOptions) {
    super(
      'testpmd-start-failed',
      `dpdk-testpmd did not start on the ${guest}: ${failure.evidence.join('; ')}`,
      options,
    )
    this.classification = failure.classification
    this.evidence = failure.evidence
    this.maxQueues = failure.maxQueues
  }
}

export interface StartFailure {
  readonly classification: StartFailureCause
  readonly evidence: readonly string[]
  readonly maxQueues: number | undefined
}

/**
 * In this order: a device that VFIO refuses ends in "no probed ethernet devices" as well, and EAL warns of
 * each hugepage size it finds no page of, also where another size serves it.
 */
const CAUSES: readonly (readonly [StartFailureCause, RegExp])[] = [
  ['not-installed', /dpdk-testpmd: (?:command )?not found|dpdk-testpmd: No such file/i],
  ['already-running', /Cannot create lock on|another primary process/i],
  ['lcores', /invalid.{0,40}lcores|lcore \d+ unavailable|core \d+ (?:is )?not (?:detected|available)/i],
  [
    'vfio',
    /VFIO group is not viable|DMA remapping|Failed to open VFIO|VFIO.{0,40}(?:could not|fail|denied)/i,
  ],
  ['too-many-queues', /can't be greater than max_[rt]x_queues \(\d+\)|[rt]xq \d+ invalid/],
  // EAL asks the kernel on which NUMA node its hugepages are; a seccomp profile may not let it.
  ['memory-policy', /mempolicy: Operation not permitted/],
  ['hugepages', /No (?:available|free) .{0,40}hugepages|Cannot get hugepage information|hugetlbfs/i],
  ['memory', /Cannot init memory|Not enough memory available|Creation of mbuf pool .{0,40}failed/i],
  ['no-port', /No probed ethernet devices/i],
  ['port-start', /Start ports? failed|Fail(?:ed)? to (?:start|configure) port/i],
]

/** Lines in which nothing is said about a failure. */
const CLEANING_UP = /is closed$|Error disabling MSI-X|Releasing PCI mapped|Calling pci_unmap/

/** @param lastWords whatever was printed, raw */
export function explainStartFailure(lastWords: string): StartFailure {
  const lines = consoleLines(lastWords).filter((line) => line !== '')
  for (const [classification, pattern] of CAUSES) {
    const evidence = lines.filter((line) => pattern.test(line))
    if (evidence.length === 0 || isOnlyWarning(classification, lines)) continue
    return { classification, evidence: unique(evidence).slice(0, 4), maxQueues: leastQueues(evidence) }
  }
  // EAL and testpmd end with "EAL: Error - exiting with code: 1 / Cause: …".
  const cause = lines.filter((line) => /^(?:EAL: )?(?:Cause: |.*(?:error|fail|fatal|cannot))/i.test(line))
  const words = (cause.length > 0 ? cause : lines).filter((line) => !CLEANING_UP.test(line)).slice(-3)
  return {
    classification: 'unknown',
    evidence: words.length > 0 ? words : ['it said nothing'],
    maxQueues: undefined,
  }
}

/** A hugepage size without pages, or a refused memory policy, is the cause only where EAL then had no memory. */
function isOnlyWarning(classification: StartFailureCause, lines: readonly string[]): boolean {
  if (classification !== 'hugepages' && classification !== 'memory-policy') return false
  const fatal = /No probed ethernet devices|Start ports? failed|Fail(?:ed)? to (?:start|configure) port/i
  return lines.some((line) => fatal.test(line))
}

function leastQueues(lines: readonly string[]): number | undefined {
  const limits = lines.flatMap((line) => {
    const limit = /max_[rt]x_queues \((\d{1,5})\)|<= (\d{1,5})$/.exec(line)
    return limit === null ? [] : [Number(limit[1] ?? limit[2])]
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)]
}
