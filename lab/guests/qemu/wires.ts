/**
 * Who listens and who connects on the sockets that join two guests' cards. QEMU's stream network backend
 * wants the listener there first; guests may be started at the same moment, and in any order.
 */
import { join } from 'node:path'

/** A guest's end of a wire: a unix socket it listens on or connects to. */
export interface WireEnd {
  readonly path: string
  readonly listens: boolean
}

interface Wire {
  readonly path: string
  listener: string
  connector?: string
  /** Whether the listener's socket is there. False: its guest could not be started. */
  readonly listening: PromiseWithResolvers<boolean>
}

export class Wires {
  readonly #folder: string
  readonly #wires = new Map<string, Wire[]>()
  #count = 0

  /** @param folder where the sockets are */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Joins a guest to wires. The first guest on a wire listens; for the second this resolves when the first
   * one does. A third guest starts a wire of the same name anew: two guests are on a wire, no more.
   */
  async attach(guest: string, names: readonly string[]): Promise<WireEnd[]> {
    // All are taken in one go, before anything is awaited: no two guests can wait for each other.
    return Promise.all(names.map((name) => this.#attach(guest, name)))
  }

  async #attach(guest: string, name: string): Promise<WireEnd> {
    const wires = this.#wires.get(name) ?? []
    this.#wires.set(name, wires)
    for (;;) {
      const wire = wires.find(({ listener, connector }) => connector === undefined && listener !== guest)
      if (wire === undefined) {
        const path = join(this.#folder, `wire${++this.#count}`)
        wires.push({ path, listener: guest, listening: Promise.withResolvers() })
        return { path, listens: true }
      }
      wire.connector = guest
      if (await wire.listening.promise) return { path: wire.path, listens: false }
      // The listener never came to be and took its wire with it: look again.
    }
  }

  /** The guest runs, its sockets are there. */
  listening(guest: string): void {
    for (const wire of this.#all()) if (wire.listener === guest) wire.listening.resolve(true)
  }

  /**
   * The guest is gone. A wire it listened on is gone with it, for the guest at the other end too; one it
   * had connected to takes another guest.
   */
  release(guest: string): void {
    for (const wires of this.#wires.values()) {
      const kept = wires.filter((wire) => wire.listener !== guest)
      for (const wire of wires) {
        if (wire.listener === guest) wire.listening.resolve(false)
        else if (wire.connector === guest) delete wire.connector
      }
      // In place: an attach under way holds the list.
      wires.splice(0, wires.length, ...kept)
    }
  }

  *#all(): Iterable<Wire> {
    for (const wires of this.#wires.values()) yield* wires
  }
}
