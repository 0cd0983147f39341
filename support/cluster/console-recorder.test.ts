import { expect } from 'chai'
import fc from 'fast-check'
import { ConsoleRecorder } from './console-recorder.ts'
import type { ConsoleStream } from './console-stream.ts'

describe('the recorder of a console', () => {
  it('keeps all that came, in the pieces it came in', () => {
    const recorder = new ConsoleRecorder()
    const bytes = Buffer.from('grüße\r\n\x1b[31mred')
    for (const byte of bytes) recorder.add(Uint8Array.of(byte))
    expect(recorder.text()).to.equal('grüße\r\n\x1b[31mred')
  })

  it('keeps begin and end, and says what it left out, however the pieces are', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`)
    const all = lines.join('')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }), (lengths) => {
        const recorder = new ConsoleRecorder({ head: 300, tail: 900 })
        for (let at = 0, piece = 0; at < all.length; piece += 1) {
          const length = lengths[piece % lengths.length] ?? 1
          recorder.add(Buffer.from(all.slice(at, at + length)))
          at += length
        }
        const text = recorder.text()
        const [, missing = '0'] = /\n\[(\d+) bytes are left out here\]\n\n/.exec(text) ?? []
        const kept = text.replace(/\n\[\d+ bytes are left out here\]\n\n/, '')
        expect(kept.length + Number(missing)).to.equal(all.length)
        expect(kept.length).to.be.below(300 + 900 + 700)
        // Whole lines only.
        for (const line of kept.trimEnd().split('\n')) expect(lines).to.include(`${line}\n`)
        expect(kept.startsWith('line 0\n') && kept.endsWith('line 499\n')).to.equal(true)
      }),
    )
  })

  it('has nothing where nothing came', () => {
    expect(new ConsoleRecorder().text()).to.equal('')
  })

  it('passes on output and what is typed, and keeps both but for a password', async () => {
    const typed: string[] = []
    let deliver: (bytes: Uint8Array) => void = () => undefined
    const closed = Promise.withResolvers<undefined>()
    const stream: ConsoleStream = {
      onOutput: (listener) => {
        deliver = listener
      },
      write: (bytes) => typed.push(bytes.toString()),
      closed: closed.promise,
      close: () => {
        closed.resolve(undefined)
      },
    }
    const recorder = new ConsoleRecorder()
    const recorded = recorder.record(stream)
    const seen: string[] = []
    recorded.onOutput((bytes) => seen.push(Buffer.from(bytes).toString()))
    deliver(Buffer.from('Password: '))
    recorded.write('hunter2-recorder\r')
    deliver(Buffer.from('\r\n# '))
    recorded.write(' lspci\r')
    recorded.write('\r')
    deliver(Buffer.from('Pass'))
    deliver(Buffer.from('word: [   12.3] a kernel line\r\n'))
    recorded.write(Buffer.from('redhat\r'))
    recorded.close()
    expect(await recorded.closed).to.equal(undefined)
    expect(typed).to.deep.equal(['hunter2-recorder\r', ' lspci\r', '\r', 'redhat\r'])
    expect(seen.join('')).to.equal('Password: \r\n# Password: [   12.3] a kernel line\r\n')
    const kept = recorder.text()
    expect(kept).to.contain('\n⟩ lspci\n').and.to.contain('Password: \n⟩ (not shown)\n')
    expect(kept).not.to.match(/hunter2|redhat/)
  })
})
