/**
 * Loaded into the suite's process, and those that it starts, before anything else: at its end each writes down what it
 * used, as process-use.ts says. Plain JavaScript, so that the suite does without what makes that of TypeScript where
 * it would.
 */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

const file = process.env['DPDK_CHECKUP_BENCH_PROBE']
if (file !== undefined) {
  let requests = 0
  let webSockets = 0
  // fetch is what client-node sends by; ws opens its connections by node:http.
  subscribe('undici:request:create', () => (requests += 1))
  subscribe('http.client.request.start', () => (webSockets += 1))
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    const use = {
      pid: process.pid,
      peakMemory: maxRSS * 1024,
      requests,
      webSockets,
      cpuTime: (userCPUTime + systemCPUTime) / 1000,
    }
    appendFileSync(file, `${JSON.stringify(use)}\n`)
  })
}
