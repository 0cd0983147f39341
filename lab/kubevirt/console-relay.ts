/** Connects a guest's serial console to one client; a new client replaces the previous one. */
import type { WebSocket } from 'ws'
import type { RunningGuest } from '../guests/guest-runtime.ts'

/** Bytes that may be buffered for a slow client before reading from the guest pauses. */
const HIGH_WATER = 1 << 20

export class ConsoleRelay {
  readonly #console: RunningGuest['console']
  #client: WebSocket | undefined

  constructor(console: RunningGuest['console']) {
    this.#console = console
    // Output is read even without a client, because a guest would block on an unread console.
    console.output.on('data', (chunk: Buffer) => {
      this.#deliver(chunk)
    })
    for (const stream of [console.output, console.input])
      stream.on('error', () => {
        this.close()
      })
  }

  /** Connects a client. Like KubeVirt, disconnects the previous one without a close frame (code 1006). */
  connect(socket: WebSocket): void {
    this.#drop()
    this.#client = socket
    const { input } = this.#console
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[], isBinary) => {
      // KubeVirt reads only binary frames and ignores text frames.
      if (!isBinary || this.#client !== socket || !input.writable) return
      const flowing = input.write(toBuffer(data))
      if (flowing) return
      socket.pause()
      input.once('drain', () => {
        socket.resume()
      })
    })
    socket.on('error', () => {
      socket.terminate()
    })
    socket.on('close', () => {
      if (this.#client !== socket) return
      this.#client = undefined
      this.#console.output.resume()
    })
  }

  /** Disconnects the client, after the guest has ended. */
  close(): void {
    this.#drop()
  }

  #drop(): void {
    const socket = this.#client
    this.#client = undefined
    this.#console.output.resume()
    if (socket === undefined) return
    // A paused socket would not notice that it is closed.
    socket.resume()
    socket.terminate()
  }

  #deliver(chunk: Buffer): void {
    const socket = this.#client
    if (socket === undefined || socket.readyState !== socket.OPEN) return
    const { output } = this.#console
    socket.send(chunk, { binary: true }, () => {
      if (this.#client === socket && socket.bufferedAmount < HIGH_WATER) output.resume()
    })
    if (socket.bufferedAmount >= HIGH_WATER) output.pause()
  }
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
