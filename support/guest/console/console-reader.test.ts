import { expect } from 'chai'
import { SuiteError } from '../../common/errors.ts'
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { ConsoleReader, exactly, firstOf, type Pattern } from './console-reader.ts'
import { shellGone } from './login-prompt.ts'
import { within } from '../testing/limits.ts'

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

const OPTIONS = { claim: 'a word', maxOutput: 1e9, ...within() }

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

  for (const size of [64, 4096, 1024 * 1024]) {
    it(`looks at each of many megabytes without a newline about once, in pieces of ${size} bytes`, async () => {
      const { reader: made, say } = reader()
      made.dropsKernelLines = true
      const pattern = firstOf<unknown>(exactly('marker'), shellGone('gone'))
      let polls = 0
      let lookedAt = 0
      const counted: Pattern<unknown> = {
        overlap: pattern.overlap,
        find: (window, offset) => {
          polls += 1
          lookedAt += window.length
          return pattern.find(window, offset)
        },
      }
      const read = made.read(counted, { ...OPTIONS, ...within(), drop: true })
      const chunk = Buffer.alloc(size, 'no newline [ ')
      const pieces = Math.ceil(20_000_000 / size)
      for (let count = 0; count < pieces; count += 1) say(chunk)
      say('marker')
      await read
      // Each search starts at most `overlap` characters before the new text.
      expect(lookedAt).to.be.at.most(pieces * size + 10 + polls * (pattern.overlap + 1))
    })
  }

  it('leaves no listener behind on any signal, however often it reads', async () => {
    class CountingTarget extends EventTarget {
      static listening = 0
      override addEventListener(...call: Parameters<EventTarget['addEventListener']>): void {
        CountingTarget.listening += 1
        super.addEventListener(...call)
      }
      override removeEventListener(...call: Parameters<EventTarget['removeEventListener']>): void {
        CountingTarget.listening -= 1
        super.removeEventListener(...call)
      }
    }
    // Only combined signals matter: such a signal stays in memory as long as it has a listener.
    const prototype: object = Object.getPrototypeOf(AbortSignal.prototype) as object
    Object.setPrototypeOf(AbortSignal.prototype, CountingTarget.prototype)
    try {
      const { reader: made, say } = reader()
      for (let round = 0; round < 20; round += 1) {
        const read = made.read(exactly('END'), OPTIONS)
        say('output END')
        await read
      }
    } finally {
      Object.setPrototypeOf(AbortSignal.prototype, prototype)
    }
    expect(CountingTarget.listening).to.equal(0)
  })
})
