import { expect } from 'chai'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
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

  it('hands output to its reader, and loses what comes while there is none', async () => {
    far.write('nobody reads this')
    await sleep(50)
    const heard: string[] = []
    const listener = (chunk: Buffer) => heard.push(chunk.toString())
    serial.output.on('data', listener)
    far.write('login: ')
    await sleep(50)
    serial.output.off('data', listener)
    far.write('nor this')
    await sleep(50)
    serial.output.on('data', listener)
    far.write('again')
    await sleep(50)
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
