import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../../support/common/logger.ts'
import { EVERYBODY, frame, framed, nextBytes, plug as plugInto } from '../guests/qemu/frames.fixture.ts'
import { EmbeddedSwitch, UPLINK } from './embedded-switch.ts'

const EAST = '20:04:0f:f1:88:11'
const WEST = '20:04:0f:f1:88:12'
const STRANGER = '20:04:0f:f1:88:99'

describe('the switch of a lab node', () => {
  const sockets: Socket[] = []
  const lines: string[] = []
  const note = (line: string) => void lines.push(line)
  const log: Logger = { info: note, warn: note, debug: note }
  let folder: string
  let node: EmbeddedSwitch

  beforeEach(async () => {
    lines.length = 0
    folder = await mkdtemp(join(tmpdir(), 'switch-'))
    node = await EmbeddedSwitch.listen(folder, ['east', 'west', 'idle'], log)
    node.configure('east', { mac: EAST, spoofCheck: true, trust: false })
    node.configure('west', { mac: WEST, spoofCheck: false, trust: true })
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await node[Symbol.asyncDispose]()
    expect(await readdir(folder)).to.deep.equal([])
    await rm(folder, { recursive: true })
  })

  it('sends a frame to the VF that has its address, and what no VF has to the uplink', () => {
    expect(node.receivers('east', frame(WEST, EAST))).to.deep.equal(['west'])
    expect(node.receivers('east', frame(STRANGER, EAST))).to.deep.equal([UPLINK])
    expect(node.receivers(UPLINK, frame(EAST, STRANGER))).to.deep.equal(['east'])
  })

  it('sends what is for everybody to all who belong to a pod, but not back', () => {
    expect(node.receivers('east', frame(EVERYBODY, EAST))).to.deep.equal(['west', UPLINK])
    expect(node.receivers(UPLINK, frame(EVERYBODY, STRANGER))).to.deep.equal(['east', 'west'])
  })

  it('lets a trusted VF hear what no VF is meant by', () => {
    expect(node.receivers(UPLINK, frame('20:04:0f:f1:88:02', STRANGER))).to.deep.equal(['west'])
  })

  it('drops what a VF sends from another address, and says so once, unless it need not check', () => {
    for (let count = 0; count < 3; count++)
      expect(node.receivers('east', frame(WEST, STRANGER))).to.deep.equal([])
    expect(lines).to.deep.equal([`VF east (${EAST}) sends from ${STRANGER}: dropped`])
    expect(node.receivers('west', frame(EAST, STRANGER))).to.deep.equal(['east'])
  })

  it('takes nothing from a VF that no pod has, nor half a header', () => {
    expect(node.receivers('idle', frame(EAST, STRANGER))).to.deep.equal([])
    node.configure('east', undefined)
    expect(node.receivers('west', frame(EAST, WEST))).to.deep.equal([UPLINK])
    expect(node.receivers('west', Buffer.from('20040f'))).to.deep.equal([])
  })

  async function plug(port: string): Promise<Socket> {
    const socket = await plugInto(node.pathOf(port))
    sockets.push(socket)
    return socket
  }

  it('passes frames between guests, however the stream is cut', async () => {
    const [east, west] = [await plug('east'), await plug('west')]
    const sent = Buffer.concat([
      framed(frame(WEST, EAST, 'one')),
      framed(frame(STRANGER, EAST)),
      framed(frame(WEST, EAST, 'two')),
    ])
    const wanted = Buffer.concat([framed(frame(WEST, EAST, 'one')), framed(frame(WEST, EAST, 'two'))])
    const received = nextBytes(west, wanted.length)
    for (const byte of sent) east.write(Buffer.from([byte]))
    expect((await received).toString('hex')).to.equal(wanted.toString('hex'))
  })

  it('disconnects a guest that sends impossible frames', async () => {
    const east = await plug('east')
    east.write(Buffer.from('ffffffff', 'hex'))
    await once(east, 'close')
    expect(lines.join()).to.include('port east sent a frame of 4294967295 bytes')
  })
})
