/**
 * Decides which guest listens and which connects on the sockets between two guests' NICs. QEMU's stream network
 * backend needs a listener before it can connect, but guests may start at the same moment and in any order.
 */
import { join } from 'node:path'
import type { GuestNic } from '../guest-runtime.ts'

/** A guest's end of a wire: the unix socket on which it listens or to which it connects. */
export interface WireEnd {
  readonly path: string
  readonly listens: boolean
}

/** What joins the guests' NICs: NICs that name the same wire are connected. */
export interface Cabling {
  /** Joins a guest, and resolves to the ends of its NICs, in their order. */
  attach(guest: string, nics: readonly Joined[]): Promise<WireEnd[]>
  /** Call when the guest runs and its sockets exist. */
  listening?(guest: string): void
  /** Call when the guest is gone. */
  release(guest: string): void | Promise<void>
}

/** What is known of a NIC that is joined. */
export type Joined = Pick<GuestNic, 'name' | 'wire' | 'mac'>

interface Wire {
  readonly path: string
  listener: string
  connector?: string
  /** Resolves to whether the listener's socket exists; false if its guest could not be started. */
  readonly listening: PromiseWithResolvers<boolean>
}

export class Wires implements Cabling {
  readonly #folder: string
  readonly #wires = new Map<string, Wire[]>()
  #count = 0

  /** @param folder where the sockets are created */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Joins a guest to wires. The first guest on a wire listens; for the second, this resolves when the first one
   * listens. A wire has two ends, so a third guest starts another wire of the same name.
   */
  async attach(guest: string, nics: readonly Pick<Joined, 'wire'>[]): Promise<WireEnd[]> {
    // Take all wires before the first await, so that no two guests can wait for each other.
    return Promise.all(nics.map(({ wire }) => this.#attach(guest, wire)))
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
      // The listener could not start, and its wire is gone: try again.
    }
  }

  listening(guest: string): void {
    for (const wire of this.#all()) if (wire.listener === guest) wire.listening.resolve(true)
  }

  /**
   * The wires on which it listened are gone with it, also for the other guest. A wire to
   * which it was connected accepts another guest.
   */
  release(guest: string): void {
    for (const wires of this.#wires.values()) {
      const kept = wires.filter((wire) => wire.listener !== guest)
      for (const wire of wires) {
        if (wire.listener === guest) wire.listening.resolve(false)
        else if (wire.connector === guest) delete wire.connector
      }
      // Change the array itself, because a waiting `#attach` refers to it.
      wires.splice(0, wires.length, ...kept)
    }
  }

  *#all(): Iterable<Wire> {
    for (const wires of this.#wires.values()) yield* wires
  }
}
