import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const MODULE = fileURLToPath(new URL('signals.ts', import.meta.url))

/**
 * Talks on both of its streams all the time, and tells of what happens to it on a third one. By its clock seconds pass
 * from each event to the next one, so that none is taken for an echo.
 */
const TALKER = `
import { writeSync } from 'node:fs'
import { interruptedBy, onInterruption } from ${JSON.stringify(MODULE)}
let clock = 0
performance.now = () => (clock += 5000)
onInterruption((signal, count) => writeSync(3, count + ' ' + interruptedBy(signal) + '\\n'))
process.stdout.once('error', () => writeSync(3, 'stdout is broken\\n'))
setInterval(() => {
  console.log('out')
  process.stderr.write('err\\n')
}, 5)
writeSync(3, 'ready\\n')
`

class Talker implements Disposable {
  readonly process: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor() {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const
    const words = ['--input-type=module', '--eval', TALKER]
    this.process = spawn(process.execPath, words, { stdio: [...stdio] })
    this.process.stdout?.resume()
    this.process.stderr?.resume()
    this.#lines = createInterface({ input: this.process.stdio[3] as Readable })[Symbol.asyncIterator]()
  }

  async tells(): Promise<string | undefined> {
    const next = await this.#lines.next()
    return next.done === true ? undefined : next.value
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL')
  }
}

describe('interruptions', () => {
  it('are signals, each with its number', async () => {
    using talker = new Talker()
    expect(await talker.tells()).to.equal('ready')
    talker.process.kill('SIGHUP')
    expect(await talker.tells()).to.equal('1 interrupted by SIGHUP')
    talker.process.kill('SIGINT')
    expect(await talker.tells()).to.equal('2 interrupted by SIGINT')
  })

  it('are a pipe without a reader too, which ends nothing by itself', async () => {
    using talker = new Talker()
    expect(await talker.tells()).to.equal('ready')
    talker.process.stderr?.destroy()
    expect(await talker.tells()).to.equal('1 interrupted by a broken pipe: nobody reads the output any more')
    talker.process.stdout?.destroy()
    expect(await talker.tells()).to.equal('stdout is broken')
    talker.process.kill('SIGTERM')
    expect(await talker.tells()).to.equal('2 interrupted by SIGTERM')
  })

  it('are no broken pipe behind a signal: nobody asked a second time', async () => {
    using talker = new Talker()
    expect(await talker.tells()).to.equal('ready')
    talker.process.kill('SIGINT')
    expect(await talker.tells()).to.equal('1 interrupted by SIGINT')
    talker.process.stdout?.destroy()
    expect(await talker.tells()).to.equal('stdout is broken')
    talker.process.kill('SIGTERM')
    expect(await talker.tells()).to.equal('2 interrupted by SIGTERM')
  })
})
