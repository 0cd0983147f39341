import { expect } from 'chai'
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { endingOnPanic } from './panic-watch.ts'

const END = '[   44.026119] ---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\r\n'

/** A console with the output that a test gives it. */
function fake() {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>()
  let listen: (bytes: Uint8Array) => void = () => undefined
  const stream: ConsoleStream = {
    onOutput: (listener) => {
      listen = listener
    },
    write: () => undefined,
    closed,
    close: () => {
      resolve(undefined)
    },
  }
  const seen: string[] = []
  const watched = endingOnPanic(stream, 'VM under test')
  watched.onOutput((bytes) => seen.push(Buffer.from(bytes).toString()))
  return {
    watched,
    seen,
    says: (text: string) => {
      listen(Buffer.from(text))
    },
  }
}

describe('the watch for panics', () => {
  it('ends the console in the words of the kernel, in whatever pieces they come', async () => {
    const { watched, says, seen } = fake()
    for (const piece of END) says(piece)
    const reason = await watched.closed
    expect(reason).to.include({ code: 'guest-panicked' })
    expect(reason?.message).to.equal(
      'the console of the VM under test fell silent: Kernel panic - not syncing: Fatal exception in interrupt',
    )
    expect(seen.join('')).to.equal(END)
  })

  it('leaves a console alone that shows anything else', async () => {
    const { watched, says } = fake()
    says('[   44.0] Kernel panic - not syncing: to be or not to be\r\n')
    says(`${'---[ end Kernel panic - not syncing: '.repeat(10_000)}\r\n`)
    watched.close()
    expect(await watched.closed).to.equal(undefined)
  })
})
