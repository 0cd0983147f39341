import { expect } from 'chai'
import { probeContainer } from './container-probe.ts'
import type { RunningContainer } from './container-runtime.ts'

describe('a container’s readiness probe', () => {
  it('has Kubernetes’ times where the pod sets none', async () => {
    const slept: number[] = []
    const container = { exec: () => Promise.resolve(0) } as unknown as RunningContainer
    const ready: boolean[] = []
    const end = new AbortController()
    const sleep = (milliseconds: number) => {
      slept.push(milliseconds)
      // The delay, the program's time limit, the period.
      if (slept.length === 3) end.abort(new Error('seen enough'))
      return end.signal.aborted ? Promise.reject(end.signal.reason as Error) : Promise.resolve()
    }
    const observer = { ready: (is: boolean) => ready.push(is), failed: () => undefined }
    const probing = probeContainer({ exec: { command: ['true'] } }, container, observer, sleep, end.signal)
    expect(await probing.catch((error: unknown) => String(error))).to.equal('Error: seen enough')
    expect(slept).to.deep.equal([0, 1000, 10_000])
    expect(ready).to.deep.equal([true])
  })
})
