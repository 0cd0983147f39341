import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../support/common/logger.ts'
import { EVERYBODY, frame, framed, nextBytes, plug } from './frames.fixture.ts'
import { Segments } from './segments.ts'

/** MAC addresses by guest and network. */
const MACS = {
  generator: { east: '50:00:00:00:00:01', west: '50:00:00:00:00:02' },
  vm: { east: '60:00:00:00:00:01', west: '60:00:00:00:00:02' },
  other: { east: '60:00:00:00:00:03', west: '60:00:00:00:00:04' },
} as const
type Guest = keyof typeof MACS

const STRANGER = '70:00:00:00:00:09'

describe('networks that guests share', () => {
  let folder: string
  let segments: Segments
  const sockets: Socket[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segments-'))
    segments = new Segments(folder, silentLogger)
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const guest of Object.keys(MACS)) await segments.release(guest)
    expect(await readdir(folder)).to.deep.equal([])
    await rm(folder, { recursive: true })
  })

  /** Attaches a guest as QEMU does: by a socket for each of its NICs. */
  async function plugIn(guest: Guest): Promise<{ east: Socket; west: Socket }> {
    const { east, west } = MACS[guest]
    const ends = await segments.attach(guest, [
      { name: 'nic-east', wire: 'net/east', mac: east },
      { name: 'nic-west', wire: 'net/west', mac: west },
    ])
    expect(ends.map(({ listens }) => listens)).to.deep.equal([false, false])
    const [first, second] = await Promise.all(ends.map(({ path }) => plug(path)))
    if (first === undefined || second === undefined) throw new TypeError('two NICs have two ends')
    sockets.push(first, second)
    return { east: first, west: second }
  }

  async function expectNext(socket: Socket, ...frames: readonly Buffer[]): Promise<void> {
    const wanted = Buffer.concat(frames.map(framed))
    expect((await nextBytes(socket, wanted.length)).toString('hex')).to.equal(wanted.toString('hex'))
  }

  it('carry a frame to the guest that has its address, and to no other', async () => {
    const [generator, vm, other] = [await plugIn('generator'), await plugIn('vm'), await plugIn('other')]
    // The frame for everybody comes last, so what comes before it is all that was sent.
    const forVm = frame(MACS.vm.east, MACS.generator.east, 'for the VM')
    const forAll = frame(EVERYBODY, MACS.generator.east, 'for all')
    const heard = [expectNext(vm.east, forVm, forAll), expectNext(other.east, forAll)]
    generator.east.write(Buffer.concat([framed(forVm), framed(forAll)]))
    await Promise.all(heard)
  })

  it('carry a frame for an unknown address to all others, as a switch does', async () => {
    const [generator, vm, other] = [await plugIn('generator'), await plugIn('vm'), await plugIn('other')]
    const lost = frame(STRANGER, MACS.generator.east)
    const heard = [expectNext(vm.east, lost), expectNext(other.east, lost)]
    generator.east.write(framed(lost))
    await Promise.all(heard)
  })

  it('are apart: nothing gets from the one to the other', async () => {
    const [generator, vm] = [await plugIn('generator'), await plugIn('vm')]
    const [west, east] = [frame(EVERYBODY, STRANGER, 'west'), frame(EVERYBODY, STRANGER, 'east')]
    const heard = [expectNext(vm.west, west), expectNext(vm.east, east)]
    generator.west.write(framed(west))
    generator.east.write(framed(east))
    await Promise.all(heard)
  })

  it('hold for the others when a guest leaves and another one comes', async () => {
    const [generator, vm] = [await plugIn('generator'), await plugIn('vm')]
    const closed = Promise.all([once(vm.east, 'close'), once(vm.west, 'close')])
    vm.east.resume()
    vm.west.resume()
    await segments.release('vm')
    await closed
    const other = await plugIn('other')
    const there = frame(MACS.other.east, MACS.generator.east, 'there')
    const heard = expectNext(other.east, there)
    generator.east.write(framed(there))
    await heard
    const back = frame(MACS.generator.east, MACS.other.east, 'back')
    const returned = expectNext(generator.east, back)
    other.east.write(framed(back))
    await returned
  })
})
