/** What a guest is: for the report, so that two runs can be compared. */
import type { Limits } from '../common/wait.ts'
import type { Shell } from './shell.ts'

export interface GuestFacts {
  /** `uname -r` */
  readonly kernel: string
  /** os-release's PRETTY_NAME. */
  readonly os: string
  readonly kernelArguments: string
  readonly cpuModel: string
  readonly cpus: number
  readonly threadsPerCore: number
  /** e.g. `22.11.11`; undefined where there is no dpdk-testpmd. */
  readonly dpdk?: string
}

/** Each line is `name value`; what a guest can't say is left out. */
const READ = [
  'echo "kernel $(uname -r)"',
  'echo "os $(. /etc/os-release 2>/dev/null; echo "$PRETTY_NAME")"',
  'echo "cmdline $(cat /proc/cmdline)"',
  `echo "model $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)"`,
  'echo "cpus $(getconf _NPROCESSORS_ONLN)"',
  `echo "threads $(lscpu 2>/dev/null | sed -n 's/^Thread(s) per core: *//p')"`,
  // EAL says its version before it turns to its usage, and touches neither hugepages nor devices for it.
  `echo "dpdk $(dpdk-testpmd -v -h 2>&1 </dev/null | sed -n "s/.*RTE Version: 'DPDK \\([^']*\\)'.*/\\1/p")"`,
].join('; ')

export async function readGuestFacts(shell: Shell, limits: Limits): Promise<GuestFacts> {
  const { output } = await shell.run(READ, limits)
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(output)?.[1]?.trim() ?? ''
  const dpdk = value('dpdk')
  return {
    kernel: value('kernel'),
    os: value('os'),
    kernelArguments: value('cmdline'),
    cpuModel: value('model'),
    cpus: Number(value('cpus')),
    threadsPerCore: Number(value('threads')) || 1,
    ...(dpdk === '' ? {} : { dpdk }),
  }
}
