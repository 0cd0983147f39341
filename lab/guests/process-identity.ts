/** Identifies a process across reuse of its number, to find leftovers of dead processes. */
import { readFile } from 'node:fs/promises'

/** The kernel reuses process numbers, so only the number with the start time identifies a process. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: string
}

/** Undefined if the process does not exist. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The program's name is in parentheses and may contain any character.
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return startTime === undefined ? undefined : { pid, startTime }
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return (await identify(process.pid))?.startTime === process.startTime
}
