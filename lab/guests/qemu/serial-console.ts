/** A guest's serial line as streams. */
import type { Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'

/** Bytes kept for a slow reader. Further output is lost, as on a serial line without flow control. */
const KEPT_FOR_READER = 1 << 20
/** Characters of output kept to explain why a guest died. */
const KEPT_TAIL = 2000

export class SerialConsole {
  readonly output: Readable
  readonly input: Writable
  #tail = ''

  constructor(socket: Socket) {
    this.output = new Readable({ read: () => undefined })
    this.input = new Writable({
      // Writing to a closed line is not an error: the guest's end is reported elsewhere.
      write: (chunk: Buffer, _encoding, done) => {
        if (socket.destroyed) done()
        else
          socket.write(chunk, () => {
            done()
          })
      },
    })
    // Read the line always, because QEMU stops the guest's output if no client reads it.
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

  /** The last output, up to `KEPT_TAIL` characters. */
  get tail(): string {
    return this.#tail
  }
}
