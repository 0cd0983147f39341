/** What a process of the suite used, as suite-probe.mjs writes it down at its end. */

/** Names the file in the environment; one line of JSON for each process. */
export const PROBE_FILE = 'DPDK_CHECKUP_BENCH_PROBE'

export interface ProcessUse {
  readonly pid: number
  /** Of physical memory, at most, in bytes. */
  readonly peakMemory: number
  /** Requests to the API server, repeated ones included. */
  readonly requests: number
  /** Consoles opened. */
  readonly webSockets: number
  /** Milliseconds of CPU time. */
  readonly cpuTime: number
}
