import { expect } from 'chai'
import { SuiteError } from '../common/errors.ts'
import type { ConsoleStream } from '../cluster/console-stream.ts'
import { ConsoleReader, exactly, firstOf } from './console-reader.ts'
import { shellGone } from './login-prompt.ts'
import { within } from './testing/limits.ts'

function reader(): { reader: ConsoleReader; say: (bytes: string | Uint8Array) => void } {
  let listener: (bytes: Uint8Array) => void = () => undefined
  const stream: ConsoleStream = {
    closed: new Promise(() => undefined),
    onOutput: (given) => {
      listener = given
    },
    write: () => undefined,
    close: () => undefined,
  }
  const made = new ConsoleReader(stream, 'VM under test')
  return {
    reader: made,
    say: (bytes) => {
      listener(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    },
  }
}

const OPTIONS = { claim: 'a word', maxOutput: 1e9, ...within(1000) }

describe('console reader', () => {
  it('finds a pattern that is cut at any place, and leaves what follows to the next', async () => {
    const { reader: made, say } = reader()
    const read = made.read(exactly('needle'), OPTIONS)
    for (const character of 'hay nee needle and') say(character)
    expect(await read).to.deep.equal({ value: undefined, before: 'hay nee ' })
    expect((await made.read(exactly('d'), OPTIONS)).before).to.equal(' an')
  })

  it('puts characters together that are cut', async () => {
    const { reader: made, say } = reader()
    const read = made.read(exactly('\n'), OPTIONS)
    for (const byte of Buffer.from('ü€😀\n')) say(Uint8Array.of(byte))
    expect((await read).before).to.equal('ü€😀')
  })

  it('says what it waited for and the last it saw, and nothing of what was there before', async () => {
    const { reader: made, say } = reader()
    say('old done')
    await made.read(exactly('done'), OPTIONS)
    const read = made.read(exactly('never'), { ...OPTIONS, timeout: 30 })
    say('\x1b[1mEAL: no hugepages\x1b[0m\r\n')
    const error = await read.catch((thrown: unknown) => thrown)
    expect(String(error)).to.match(
      /waiting for a word on the console of the VM under test: last saw "EAL: no hugepages" after \d+ms$/,
    )
  })

  it('keeps the half of a marker that came before a wait was given up', async () => {
    const { reader: made, say } = reader()
    const read = made.read(exactly('marker'), { ...OPTIONS, timeout: 20 })
    say('mar')
    await read.catch(() => undefined)
    const again = made.read(exactly('marker'), OPTIONS)
    say('ker')
    expect((await again).before).to.equal('')
  })

  it('fails where there is too much', async () => {
    const { reader: made, say } = reader()
    const read = made.read(exactly('never'), { ...OPTIONS, maxOutput: 100 })
    say('x'.repeat(200))
    const error = await read.catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(SuiteError).with.property('code', 'output-too-large')
  })

  it('reads 100 MB without a newline as fast as any', async () => {
    const { reader: made, say } = reader()
    made.dropsKernelLines = true
    const pattern = firstOf<unknown>(exactly('marker'), shellGone('gone'))
    const read = made.read(pattern, { ...OPTIONS, ...within(60_000), drop: true })
    const chunk = Buffer.alloc(1024 * 1024, 'no newline [ ')
    const started = performance.now()
    for (let count = 0; count < 100; count += 1) say(chunk)
    say('marker')
    await read
    const megabytesPerSecond = 100 / ((performance.now() - started) / 1000)
    // Ten times as fast by itself; the floor leaves room for a busy machine.
    expect(megabytesPerSecond).to.be.above(20)
  })
})
