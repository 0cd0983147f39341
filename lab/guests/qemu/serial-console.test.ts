import { expect } from 'chai'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { socketPair } from './fake-socket.ts'
import { SerialConsole } from './serial-console.ts'

describe("a guest's serial console", () => {
  let near: Socket, far: Socket, serial: SerialConsole

  beforeEach(async () => {
    ;({ near, far } = await socketPair())
    serial = new SerialConsole(near)
  })
  afterEach(() => {
    near.destroy()
    far.destroy()
  })

  /** Prints this in the guest, and waits until the console has received it. */
  async function say(text: string): Promise<void> {
    far.write(text)
    while (!serial.tail.endsWith(text)) await once(near, 'data')
    await new Promise(setImmediate)
  }

  it('hands output to its reader, and loses what comes while there is none', async () => {
    await say('nobody reads this')
    const heard: string[] = []
    const listener = (chunk: Buffer) => heard.push(chunk.toString())
    serial.output.on('data', listener)
    await say('login: ')
    serial.output.off('data', listener)
    await say('nor this')
    serial.output.on('data', listener)
    await say('again')
    expect(heard.join('')).to.equal('login: again')
    expect(serial.tail).to.equal('nobody reads thislogin: nor thisagain')
  })

  it('types into the guest', async () => {
    serial.input.write('root\r')
    const [typed] = (await once(far, 'data')) as [Buffer]
    expect(typed.toString()).to.equal('root\r')
  })

  it('ends when the guest is gone, and swallows what is typed then', async () => {
    serial.output.resume()
    const ended = once(serial.output, 'end')
    far.destroy()
    await ended
    await new Promise((resolve) => serial.input.write('too late', resolve))
  })
})
