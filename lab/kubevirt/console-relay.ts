/** A guest's serial console for the clients of its VMI: one at a time, the newest. */
import type { WebSocket } from 'ws'
import type { RunningGuest } from '../guests/guest-runtime.ts'

/** Bytes a client may be behind before the guest's console waits for it. */
const HIGH_WATER = 1 << 20

export class ConsoleRelay {
  readonly #console: RunningGuest['console']
  #client: WebSocket | undefined

  constructor(console: RunningGuest['console']) {
    this.#console = console
    // Read even without a client: a guest must not block on an unread console.
    console.output.on('data', (chunk: Buffer) => {
      this.#deliver(chunk)
    })
    for (const stream of [console.output, console.input])
      stream.on('error', () => {
        this.close()
      })
  }

  /** Disconnects the former client without a close frame, as KubeVirt does (1006 at the client). */
  connect(socket: WebSocket): void {
    this.#drop()
    this.#client = socket
    const { input } = this.#console
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[], isBinary) => {
      // Text frames vanish: KubeVirt's stream reads binary ones only.
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

  /** The guest is gone, and its console with it. */
  close(): void {
    this.#drop()
  }

  #drop(): void {
    const socket = this.#client
    this.#client = undefined
    this.#console.output.resume()
    if (socket === undefined) return
    // A paused socket would not notice its own end.
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
