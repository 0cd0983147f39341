/** Facts about a guest's system, for the report, so that two runs can be compared. */
import type { Limits } from '../../common/wait.ts'
import { KEEP_ACTIVITY } from './cpu-activity.ts'
import type { Shell } from '../console/shell.ts'
import type { GuestNuma } from '../../model/numa.ts'
import type { PerPort } from '../../model/ports.ts'
import { numaCommand, parseNuma } from './numa.ts'

export interface GuestFacts {
  readonly numa: GuestNuma
  /** Its release, as `uname -r` prints it. */
  readonly kernel: string
  /** os-release's PRETTY_NAME. */
  readonly os: string
}

/** The most characters of a guest's own names in a report. */
const LONGEST_NAME = 200

/**
 * Each line is `name value`; unknown facts are left out. Only the shell runs, because each process is slow in an
 * emulated guest; the first CPU sample is stored in the background.
 */
const READ =
  `{ ${KEEP_ACTIVITY} & }; ` +
  'read -r k </proc/sys/kernel/osrelease; echo "kernel $k"; . /etc/os-release 2>/dev/null; echo "os $PRETTY_NAME"'

/** @param addresses of its ports */
export async function readGuestFacts(
  shell: Shell,
  addresses: PerPort<string>,
  limits: Limits,
): Promise<GuestFacts> {
  const { output } = await shell.run(`${numaCommand(addresses)}; ${READ}`, limits)
  const value = (name: string): string =>
    new RegExp(`^${name} (.*)$`, 'm').exec(output)?.[1]?.trim().slice(0, LONGEST_NAME) ?? ''
  return { kernel: value('kernel'), os: value('os'), numa: parseNuma(output, addresses) }
}
