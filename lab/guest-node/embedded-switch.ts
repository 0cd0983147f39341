/**
 * The switch between the VFs of a lab node and its uplink, like the one inside an SR-IOV NIC: it knows the VFs'
 * assigned MAC addresses, does not learn others, and sends frames for unknown addresses to the uplink.
 */
import { join } from 'node:path'
import type { Logger } from '../../support/common/logger.ts'
import { addressesOf, FramePort } from '../guests/qemu/frame-port.ts'

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
  readonly socket: FramePort
  settings: VfSettings | undefined
}

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
      const socket = new FramePort(
        join(folder, `switch-${name}`),
        name,
        (frame, withLength) => {
          for (const receiver of made.receivers(name, frame)) made.#port(receiver).socket.send(withLength)
        },
        log,
      )
      made.#ports.set(name, { socket, settings: undefined })
      await socket.listen()
    }
    return made
  }

  /** The path of a port's socket. @throws TypeError if there is no such port */
  pathOf(name: string): string {
    return this.#port(name).socket.path
  }

  /** @param settings undefined takes the VF off the network, because no pod has it */
  configure(name: string, settings: VfSettings | undefined): void {
    this.#port(name).settings = settings
    this.#accused.delete(name)
  }

  /** Names of the ports to which a frame from a port goes. */
  receivers(from: string, frame: Buffer): string[] {
    const addresses = addressesOf(frame)
    if (addresses === undefined) return []
    const { source, target, isForMany } = addresses
    const sender = this.#port(from).settings
    if (from !== UPLINK) {
      if (sender === undefined) return []
      if (sender.spoofCheck && source !== sender.mac) {
        if (!this.#accused.has(from))
          this.#log.info(`VF ${from} (${sender.mac}) sends from ${source}: dropped`)
        this.#accused.add(from)
        return []
      }
    }
    const others = [...this.#ports].filter(([name]) => name !== from)
    const vfs = others.filter(([name, { settings }]) => name !== UPLINK && settings !== undefined)
    if (isForMany) return [...vfs.map(([name]) => name), ...(from === UPLINK ? [] : [UPLINK])]
    const owner = vfs.find(([, { settings }]) => settings?.mac === target)
    if (owner !== undefined) return [owner[0]]
    if (from !== UPLINK) return [UPLINK]
    return vfs.filter(([, { settings }]) => settings?.trust === true).map(([name]) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#ports.values()].map(({ socket }) => socket[Symbol.asyncDispose]()))
  }

  #port(name: string): Port {
    const port = this.#ports.get(name)
    if (port === undefined) throw new TypeError(`the switch has no port ${name}`)
    return port
  }
}
