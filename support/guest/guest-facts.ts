/** What a guest is: for the report, so that two runs can be compared. */
import type { Limits } from '../common/wait.ts'
import type { Shell } from './shell.ts'

export interface GuestFacts {
  /** `uname -r` */
  readonly kernel: string
  /** os-release's PRETTY_NAME. */
  readonly os: string
}

/** Each line is `name value`; what a guest can't say is left out. */
const READ = 'echo "kernel $(uname -r)"; echo "os $(. /etc/os-release 2>/dev/null; echo "$PRETTY_NAME")"'

export async function readGuestFacts(shell: Shell, limits: Limits): Promise<GuestFacts> {
  const { output } = await shell.run(READ, limits)
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(output)?.[1]?.trim() ?? ''
  return { kernel: value('kernel'), os: value('os') }
}
