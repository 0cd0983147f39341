import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

describe("the settings of the suite's Node.js", () => {
  const end = new AbortController()
  after(() => {
    end.abort()
  })

  it('let it end while V8 still compiles in threads of its own', async () => {
    const args = ['--expose-gc', '--import', path('node-settings.mjs'), path('testing/busy-exit.mjs')]
    // Without the settings, the process never exits: mocha's time limit ends the test, and the signal the process.
    const options = { signal: end.signal, killSignal: 'SIGKILL' } as const
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options)
    expect([stdout, stderr]).to.deep.equal(['', ''])
  })
})
