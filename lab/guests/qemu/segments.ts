/**
 * Networks that any number of guests share: a switch in this process for each name, and a port of it for each NIC. Guests
 * come and go without a change for the others, which a wire between two QEMUs cannot do, but every packet takes a way
 * through this process.
 */
import { join } from 'node:path'
import type { Logger } from '../../../support/common/logger.ts'
import { addressesOf, FramePort } from './frame-port.ts'
import type { Cabling, Joined, WireEnd } from './wires.ts'

interface Member extends Pick<Joined, 'wire' | 'mac'> {
  readonly guest: string
  readonly port: FramePort
}

export class Segments implements Cabling {
  readonly #folder: string
  readonly #log: Logger
  readonly #members = new Set<Member>()
  #count = 0

  /** @param folder where the sockets are created */
  constructor(folder: string, log: Logger) {
    this.#folder = folder
    this.#log = log
  }

  /** Gives each NIC of a guest a port of its network. The guest connects to it. */
  async attach(guest: string, nics: readonly Joined[]): Promise<WireEnd[]> {
    return Promise.all(nics.map((nic) => this.#attach(guest, nic)))
  }

  /** Takes a guest off its networks, and removes its sockets. */
  async release(guest: string): Promise<void> {
    const own = [...this.#members].filter((member) => member.guest === guest)
    for (const member of own) this.#members.delete(member)
    await Promise.all(own.map(({ port }) => port[Symbol.asyncDispose]()))
  }

  async #attach(guest: string, { name, wire, mac }: Joined): Promise<WireEnd> {
    const path = join(this.#folder, `port${++this.#count}`)
    const port = new FramePort(
      path,
      `${name} of ${guest}`,
      (frame, withLength) => {
        this.#pass(member, frame, withLength)
      },
      this.#log,
    )
    const member: Member = { guest, wire, mac, port }
    // Before the first await, so that a release finds it.
    this.#members.add(member)
    await port.listen()
    return { path, listens: false }
  }

  /**
   * To the NIC that has the target's address, or to all others if none has. Addresses are known, not learnt: the east
   * port of a VM under test only receives, so a switch that learns would send its packets to every guest.
   */
  #pass(from: Member, frame: Buffer, withLength: Buffer): void {
    const addresses = addressesOf(frame)
    if (addresses === undefined) return
    const others = [...this.#members].filter((member) => member.wire === from.wire && member !== from)
    const owner = addresses.isForMany ? undefined : others.find(({ mac }) => mac === addresses.target)
    for (const { port } of owner === undefined ? others : [owner]) port.send(withLength)
  }
}
