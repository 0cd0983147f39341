/** Loaded into the suite's process before the suite: at its end it writes down what that process used. */
import { subscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'

/** Where the probe writes. */
export const PROBE_FILE = 'DPDK_CHECKUP_BENCH_PROBE'

export interface SuiteUse {
  /** Of physical memory, at most, in bytes. */
  readonly peakMemory: number
  /** Requests to the API server, repeated ones included. */
  readonly requests: number
  /** Consoles opened. */
  readonly webSockets: number
  /** Milliseconds of CPU time. */
  readonly cpuTime: number
}

const file = process.env[PROBE_FILE]
if (file !== undefined) {
  let requests = 0
  let webSockets = 0
  // fetch is what client-node sends by; ws opens its connections by node:http.
  subscribe('undici:request:create', () => (requests += 1))
  subscribe('http.client.request.start', () => (webSockets += 1))
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    const use: SuiteUse = {
      peakMemory: maxRSS * 1024,
      requests,
      webSockets,
      cpuTime: (userCPUTime + systemCPUTime) / 1000,
    }
    writeFileSync(file, JSON.stringify(use))
  })
}
