import { expect } from 'chai'
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { endingOnHalt } from './halt-watch.ts'

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
  const watched = endingOnHalt(stream, 'VM under test')
  watched.onOutput((bytes) => seen.push(Buffer.from(bytes).toString()))
  return {
    watched,
    seen,
    says: (text: string) => {
      listen(Buffer.from(text))
    },
  }
}

describe('the watch for guests that halt', () => {
  it('ends the console in the words of the kernel, in whatever pieces they come', async () => {
    const { watched, says, seen } = fake()
    for (const piece of END) says(piece)
    const reason = await watched.closed
    expect(reason).to.include({ code: 'guest-halted' })
    expect(reason?.message).to.equal(
      'the console of the VM under test fell silent: Kernel panic - not syncing: Fatal exception in interrupt',
    )
    expect(seen.join('')).to.equal(END)
  })

  for (const [what, words] of [
    ['a kernel before 4.16', '---[ end Kernel panic - not syncing: Attempted to kill init!\r\n'],
    ['an emergency shell after a reboot', 'SeaBIOS (version 1.16)\r\n\r\nPress Enter for maintenance'],
    ['a lost boot disk after a reboot', '[ 9.1] reboot: Restarting system\r\nNo bootable device.\r\n'],
  ] as const)
    it(`ends the console of ${what}`, async () => {
      const { watched, says } = fake()
      says(words)
      expect(await watched.closed).to.include({ code: 'guest-halted' })
    })

  it('leaves a console that prints the words of a failed boot in a shell', async () => {
    const { watched, says } = fake()
    says('SeaBIOS (version 1.16)\r\nvm login: root\r\n')
    says('# cat notes\r\nNo bootable device.\r\nGive root password for maintenance\r\n# ')
    watched.close()
    expect(await watched.closed).to.equal(undefined)
  })

  it('leaves a console alone that shows anything else', async () => {
    const { watched, says } = fake()
    says('[   44.0] Kernel panic - not syncing: to be or not to be\r\n')
    says(`${'---[ end Kernel panic - not syncing: '.repeat(10_000)}\r\n`)
    watched.close()
    expect(await watched.closed).to.equal(undefined)
  })
})
