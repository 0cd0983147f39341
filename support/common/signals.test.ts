import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { RepeatedSignal } from './signals.ts'

const MODULE = fileURLToPath(new URL('signals.ts', import.meta.url))

/**
 * Writes to stdout and stderr all the time, and reports events on a third stream. Its clock advances seconds between
 * events, so that no signal counts as a repetition of the one before.
 */
const TALKER = `
import { writeSync } from 'node:fs'
import { interruptedBy, onFirstSignal, onSignals } from ${JSON.stringify(MODULE)}
let clock = 0
performance.now = () => (clock += 5000)
onFirstSignal(JSON.parse(process.argv[1]), () => undefined)
onSignals((signal, count) => writeSync(3, count + ' ' + interruptedBy(signal) + '\\n'))
process.stdout.once('error', () => writeSync(3, 'stdout is broken\\n'))
setInterval(() => {
  console.log('out')
  process.stderr.write('err\\n')
}, 5)
writeSync(3, 'ready\\n')
`

class Talker implements Disposable {
  readonly process: ChildProcess
  /** On stderr. */
  said = ''
  readonly #lines: AsyncIterator<string>

  constructor(again: RepeatedSignal = 'is ignored') {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const
    const args = ['--input-type=module', '--eval', TALKER, '--', JSON.stringify(again)]
    this.process = spawn(process.execPath, args, { stdio: [...stdio] })
    this.process.stdout?.resume()
    this.process.stderr?.on('data', (chunk) => (this.said += String(chunk)))
    this.#lines = createInterface({ input: this.process.stdio[3] as Readable })[Symbol.asyncIterator]()
  }

  async tells(): Promise<string | undefined> {
    const next = await this.#lines.next()
    return next.done === true ? undefined : next.value
  }

  async exitCode(): Promise<unknown> {
    const [code] = (await once(this.process, 'close')) as unknown[]
    return code
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
    expect(await talker.tells()).to.equal('1 interrupted by a broken pipe: the reader of the output is gone')
    talker.process.stdout?.destroy()
    expect(await talker.tells()).to.equal('stdout is broken')
    talker.process.kill('SIGTERM')
    expect(await talker.tells()).to.equal('2 interrupted by SIGTERM')
  })

  it('do not include a broken pipe after a signal: nobody asked a second time', async () => {
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

describe('signals behind the first one', () => {
  it('end a program at once that leaves nothing behind', async () => {
    using talker = new Talker('ends')
    expect(await talker.tells()).to.equal('ready')
    talker.process.kill('SIGINT')
    expect(await talker.tells()).to.equal('1 interrupted by SIGINT')
    const exitCode = talker.exitCode()
    talker.process.kill('SIGINT')
    expect(await exitCode).to.equal(2)
  })

  it('warn at first, where something would be left behind', async () => {
    using talker = new Talker({ warning: 'once more leaves it behind' })
    expect(await talker.tells()).to.equal('ready')
    talker.process.kill('SIGINT')
    expect(await talker.tells()).to.equal('1 interrupted by SIGINT')
    talker.process.kill('SIGINT')
    expect(await talker.tells()).to.equal('2 interrupted by SIGINT')
    const exitCode = talker.exitCode()
    talker.process.kill('SIGINT')
    expect(await exitCode).to.equal(2)
    expect(talker.said).to.include('once more leaves it behind\n')
  })

  it('do nothing to a program that must not leave anything behind', async () => {
    using talker = new Talker('is ignored')
    expect(await talker.tells()).to.equal('ready')
    for (const count of [1, 2, 3]) {
      talker.process.kill('SIGTERM')
      expect(await talker.tells()).to.equal(`${count} interrupted by SIGTERM`)
    }
  })
})
