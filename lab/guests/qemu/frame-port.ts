/**
 * A port of a switch in this process: a unix socket to which the QEMU of one guest connects with one NIC
 * (`-netdev stream`: each frame follows its length in 4 bytes, big endian).
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '../../../support/common/logger.ts'

/** Bytes before each frame. */
const LENGTH_BYTES = 4
/** Bytes; QEMU's longest frame: 64 KiB of segmentation offload, with headers. */
const LONGEST_FRAME = 70_000
/** Bytes that may wait for a guest that does not read its frames. Like any switch, it drops further frames. */
const MOST_WAITING = 8 * 1024 * 1024
const MAC_BYTES = 6
/** Bytes of a frame's two addresses. */
const ADDRESSES = 2 * MAC_BYTES

/** A frame's addresses: six octets, lower case, with colons. */
export interface FrameAddresses {
  readonly target: string
  readonly source: string
  /** Whether the target is a group: multicast or broadcast. */
  readonly isForMany: boolean
}

/** Undefined if the frame is too short to have any. */
export function addressesOf(frame: Buffer): FrameAddresses | undefined {
  if (frame.length < ADDRESSES) return undefined
  // The lowest bit of the first byte distinguishes groups.
  const isForMany = ((frame[0] ?? 0) & 1) === 1
  return { target: macAt(frame, 0), source: macAt(frame, MAC_BYTES), isForMany }
}

function macAt(frame: Buffer, offset: number): string {
  return frame.toString('hex', offset, offset + MAC_BYTES).replace(/..(?=.)/g, '$&:')
}

export class FramePort implements AsyncDisposable {
  readonly path: string
  readonly #name: string
  readonly #log: Logger
  readonly #server: Server
  #socket: Socket | undefined
  /** Whether it was logged that this guest does not read, so that a flood is logged once. */
  #isAccused = false

  /**
   * @param path where its socket will be, once it listens
   * @param name for messages
   * @param onFrame called with each frame, and with the same behind its length, as `send` takes it
   */
  constructor(path: string, name: string, onFrame: (frame: Buffer, withLength: Buffer) => void, log: Logger) {
    this.path = path
    this.#name = name
    this.#log = log
    this.#server = createServer((socket) => {
      this.#connect(socket, onFrame)
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(this.path)
    await once(this.#server, 'listening')
  }

  /** Sends a frame that follows its length; drops it if no guest is connected, or if the guest does not read. */
  send(withLength: Buffer): void {
    if (this.#socket === undefined) return
    if (this.#socket.writableLength < MOST_WAITING) {
      this.#socket.write(withLength)
      return
    }
    if (!this.#isAccused)
      this.#log.warn(`port ${this.#name}: its guest does not read, frames for it are dropped`)
    this.#isAccused = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.destroy()
    this.#server.close()
    await rm(this.path, { force: true })
  }

  #connect(socket: Socket, onFrame: (frame: Buffer, withLength: Buffer) => void): void {
    this.#socket?.destroy()
    this.#socket = socket
    this.#isAccused = false
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
    })
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (rest.length >= LENGTH_BYTES) {
        const length = rest.readUInt32BE(0)
        if (length > LONGEST_FRAME) {
          this.#log.warn(`port ${this.#name} sent a frame of ${length} bytes: it is cut off`)
          socket.destroy()
          return
        }
        const end = LENGTH_BYTES + length
        if (rest.length < end) return
        onFrame(rest.subarray(LENGTH_BYTES, end), rest.subarray(0, end))
        rest = rest.subarray(end)
      }
    })
  }
}
