/**
 * Preloaded into the suite's process and the processes that it starts. At its end each process writes the resources
 * that it used, in the format of process-use.ts. Plain JavaScript, so that it loads no TypeScript machinery that the
 * suite would not load itself.
 */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

/** Of one VMI, or of those with a value of a label, which a watch reads as well. */
const VMI_READ = /\/virtualmachineinstances(\/[^/?]+$|\?.*labelSelector=[^&]*(=|%3D))/
const file = process.env['DPDK_CHECKUP_BENCH_PROBE']
if (file !== undefined) {
  let requests = 0
  let vmiReads = 0
  let vmiWatches = 0
  let webSockets = 0
  // client-node sends its requests through fetch; ws opens its connections through node:http.
  subscribe('undici:request:create', ({ request: { method, path } }) => {
    requests += 1
    if (method === 'GET' && VMI_READ.test(path)) {
      vmiReads += 1
      if (path.includes('watch=true')) vmiWatches += 1
    }
  })
  subscribe('http.client.request.start', () => (webSockets += 1))
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    const use = {
      pid: process.pid,
      peakMemory: maxRSS * 1024,
      requests,
      vmiReads,
      vmiWatches,
      webSockets,
      cpuTime: (userCPUTime + systemCPUTime) / 1000,
    }
    appendFileSync(file, `${JSON.stringify(use)}\n`)
  })
}
