/** Resources that a process of the suite used. suite-probe.mjs writes them when the process exits. */

/** The environment variable with the path of the file; each process appends one line of JSON. */
export const PROBE_FILE = 'DPDK_CHECKUP_BENCH_PROBE'

export interface ProcessUse {
  readonly pid: number
  /** Peak of physical memory (RSS), in bytes. */
  readonly peakMemory: number
  /** Requests to the API server, including retries. */
  readonly requests: number
  /** Those of them that read or watch the run's VMIs, most of them to see whether they are ready. */
  readonly vmiReads: number
  /** Those of them that watch. */
  readonly vmiWatches: number
  /** Consoles opened. */
  readonly webSockets: number
  /** Milliseconds of CPU time. */
  readonly cpuTime: number
}
