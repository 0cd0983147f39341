/** A guest's serial line as streams. */
import type { Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'

/** Bytes kept for a reader that is slow; beyond, output is lost as it would be on a line without handshake. */
const KEPT_FOR_READER = 1 << 20
/** Characters of the last output kept to explain a guest that died. */
const KEPT_TAIL = 2000

export class SerialConsole {
  readonly output: Readable
  readonly input: Writable
  #tail = ''

  constructor(socket: Socket) {
    this.output = new Readable({ read: () => undefined })
    this.input = new Writable({
      // Half-gone is gone; the guest's end says so by itself.
      write: (chunk: Buffer, _encoding, done) => {
        if (socket.destroyed) done()
        else
          socket.write(chunk, () => {
            done()
          })
      },
    })
    // Always read the line: QEMU blocks the guest's output if it is not read.
    socket.on('data', (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk.toString('latin1')).slice(-KEPT_TAIL)
      const isRead = this.output.listenerCount('data') + this.output.listenerCount('readable') > 0
      if (isRead && this.output.readableLength < KEPT_FOR_READER) this.output.push(chunk)
    })
    socket
      .on('error', () => undefined)
      .once('close', () => {
        this.output.push(null)
      })
  }

  /** The last it printed. */
  get tail(): string {
    return this.#tail
  }
}
