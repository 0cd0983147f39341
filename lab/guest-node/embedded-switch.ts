/**
 * The switch between the VFs of a lab node and its uplink, like the one inside an SR-IOV NIC: it knows the VFs'
 * assigned MAC addresses, does not learn others, and sends frames for unknown addresses to the uplink. Each port is a
 * unix socket to which a guest's QEMU connects (`-netdev stream`: each frame follows its length in 4 bytes, big
 * endian).
 */
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Logger } from '../../support/common/logger.ts'

/** The settings that the SR-IOV CNI makes when a pod gets a VF. */
export interface VfSettings {
  /** Six octets, lower case, with colons. */
  readonly mac: string
  /** Whether the switch drops frames whose source address is not `mac`. */
  readonly spoofCheck: boolean
  /** Whether the VF also gets frames from the uplink to addresses that no VF has. */
  readonly trust: boolean
}

/** Name of the port to the outside, which belongs to no VF. */
export const UPLINK = 'uplink'

interface Port {
  readonly server: Server
  readonly path: string
  settings: VfSettings | undefined
  socket: Socket | undefined
}

/** Bytes; QEMU's longest frame: 64 KiB of segmentation offload, with headers. */
const LONGEST_FRAME = 70_000
/** Bytes that may wait for a guest that does not read its frames. Like any switch, it drops further frames. */
const MOST_WAITING = 8 * 1024 * 1024
const MAC_BYTES = 6

export class EmbeddedSwitch implements AsyncDisposable {
  readonly #ports = new Map<string, Port>()
  readonly #log: Logger
  /** Names of VFs whose spoofing was logged, so that a flood is logged once. */
  readonly #accused = new Set<string>()

  private constructor(log: Logger) {
    this.#log = log
  }

  /**
   * @param folder where the sockets are created
   * @param vfs names of the VFs, each usable as a file name
   */
  static async listen(folder: string, vfs: readonly string[], log: Logger): Promise<EmbeddedSwitch> {
    const made = new EmbeddedSwitch(log)
    for (const name of [UPLINK, ...vfs]) {
      const path = join(folder, `switch-${name}`)
      const server = createServer((socket) => {
        made.#connect(name, socket)
      })
      made.#ports.set(name, { server, path, settings: undefined, socket: undefined })
      server.listen(path)
      await once(server, 'listening')
    }
    return made
  }

  /** The path of a port's socket. @throws TypeError if there is no such port */
  pathOf(name: string): string {
    return this.#port(name).path
  }

  /** @param settings undefined takes the VF off the network, because no pod has it */
  configure(name: string, settings: VfSettings | undefined): void {
    this.#port(name).settings = settings
    this.#accused.delete(name)
  }

  /** Names of the ports to which a frame from a port goes. */
  receivers(from: string, frame: Buffer): string[] {
    if (frame.length < 2 * MAC_BYTES) return []
    const sender = this.#port(from).settings
    if (from !== UPLINK) {
      if (sender === undefined) return []
      const source = macAt(frame, MAC_BYTES)
      if (sender.spoofCheck && source !== sender.mac) {
        if (!this.#accused.has(from))
          this.#log.info(`VF ${from} (${sender.mac}) sends from ${source}: dropped`)
        this.#accused.add(from)
        return []
      }
    }
    const others = [...this.#ports].filter(([name]) => name !== from)
    const vfs = others.filter(([name, { settings }]) => name !== UPLINK && settings !== undefined)
    // Multicast or broadcast: the lowest bit of the first byte is set.
    if (((frame[0] ?? 0) & 1) === 1)
      return [...vfs.map(([name]) => name), ...(from === UPLINK ? [] : [UPLINK])]
    const target = macAt(frame, 0)
    const owner = vfs.find(([, { settings }]) => settings?.mac === target)
    if (owner !== undefined) return [owner[0]]
    if (from !== UPLINK) return [UPLINK]
    return vfs.filter(([, { settings }]) => settings?.trust === true).map(([name]) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server, socket } of this.#ports.values()) {
      socket?.destroy()
      server.close()
    }
    await Promise.all([...this.#ports.values()].map(({ path }) => rm(path, { force: true })))
  }

  #port(name: string): Port {
    const port = this.#ports.get(name)
    if (port === undefined) throw new TypeError(`the switch has no port ${name}`)
    return port
  }

  #connect(name: string, socket: Socket): void {
    const port = this.#port(name)
    port.socket?.destroy()
    port.socket = socket
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (port.socket === socket) port.socket = undefined
    })
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (;;) {
        if (rest.length < 4) return
        const length = rest.readUInt32BE(0)
        if (length > LONGEST_FRAME) {
          this.#log.warn(`port ${name} sent a frame of ${length} bytes: it is cut off`)
          socket.destroy()
          return
        }
        if (rest.length < 4 + length) return
        this.#pass(name, rest.subarray(0, 4 + length))
        rest = rest.subarray(4 + length)
      }
    })
  }

  #pass(from: string, framed: Buffer): void {
    for (const name of this.receivers(from, framed.subarray(4))) {
      const { socket } = this.#port(name)
      if (socket !== undefined && socket.writableLength < MOST_WAITING) socket.write(framed)
    }
  }
}

function macAt(frame: Buffer, offset: number): string {
  return [...frame.subarray(offset, offset + MAC_BYTES)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')
}
