/** The CPU time that a process got on this machine, from Linux's scheduler. */
import { readdir, readFile } from 'node:fs/promises'
import type { GuestCpuTime, HostTime } from '../guest-runtime.ts'

/**
 * Over all threads of a process (`/proc/PID/task/TID/schedstat`: nanoseconds on a CPU, nanoseconds runnable without
 * one; see Linux's sched-stats.rst). Undefined if the kernel does not report it, or if the process has ended.
 */
export async function readHostTime(pid: number): Promise<HostTime | undefined> {
  const folder = `/proc/${pid}/task`
  const threads = await readdir(folder).catch(() => [])
  const read = threads.map((tid) => readFile(`${folder}/${tid}/schedstat`, 'utf8').catch(() => ''))
  const times = (await Promise.all(read)).flatMap((text) => parseSchedstat(text) ?? [])
  if (times.length === 0) return undefined
  return {
    ran: times.reduce((sum, { ran }) => sum + ran, 0),
    waited: Math.max(...times.map(({ waited }) => waited)),
  }
}

/** The sum over some threads of a process; undefined if the kernel does not report one of them. */
export async function readThreadTimes(
  pid: number,
  threads: readonly number[],
): Promise<GuestCpuTime | undefined> {
  const read = threads.map((tid) => readFile(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').catch(() => ''))
  const times = (await Promise.all(read)).map(parseSchedstat)
  const sum = { ran: 0, waited: 0 }
  for (const time of times) {
    if (time === undefined) return undefined
    sum.ran += time.ran
    sum.waited += time.waited
  }
  // A kernel without accounting writes zeros (proc_pid_schedstat), but a guest's CPUs have always run.
  return sum.ran === 0 ? undefined : sum
}

/** In milliseconds, for one thread; undefined if the text is not a schedstat. */
export function parseSchedstat(text: string): HostTime | undefined {
  const [, ran, waited] = /^(\d+) (\d+) \d+\s*$/.exec(text) ?? []
  return ran === undefined ? undefined : { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 }
}
