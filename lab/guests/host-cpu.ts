/** How much of this machine's CPU time its own hypervisor takes. */
import { readFile } from 'node:fs/promises'

/** Clock ticks since this machine booted, summed over its CPUs. */
export interface HostCpu {
  /** Ticks in which the CPUs were not idle, including stolen ones. */
  readonly busy: number
  /** Ticks in which the hypervisor ran something else. */
  readonly stolen: number
}

/** Undefined if the kernel does not report it. */
export async function readHostCpu(): Promise<HostCpu | undefined> {
  return parseHostCpu(await readFile('/proc/stat', 'utf8').catch(() => ''))
}

/** Parses the first line of /proc/stat; see proc_stat(5). `user` and `nice` already include guests' time. */
export function parseHostCpu(text: string): HostCpu | undefined {
  const fields = /^cpu +(\d+(?: \d+)+)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen] = fields
  if (stolen === undefined) return undefined
  return { busy: user + nice + system + interrupts + softInterrupts + stolen, stolen }
}
