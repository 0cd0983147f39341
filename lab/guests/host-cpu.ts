/** What this machine's own hypervisor takes of its CPUs. */
import { readFile } from 'node:fs/promises'

/** Ticks since this machine booted, of all of its CPUs together. */
export interface HostCpu {
  /** For which they were not idle, the stolen ones included. */
  readonly busy: number
  /** For which the hypervisor let something else run. */
  readonly stolen: number
}

/** Undefined where the kernel does not tell. */
export async function readHostCpu(): Promise<HostCpu | undefined> {
  return parseHostCpu(await readFile('/proc/stat', 'utf8').catch(() => ''))
}

/** The first line of /proc/stat; see proc_stat(5) for its fields. Guests' time is in `user` and `nice` already. */
export function parseHostCpu(text: string): HostCpu | undefined {
  const fields = /^cpu +(\d+(?: \d+)+)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen] = fields
  if (stolen === undefined) return undefined
  return { busy: user + nice + system + interrupts + softInterrupts + stolen, stolen }
}
