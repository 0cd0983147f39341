import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import WebSocket from 'ws'
import { NAMESPACES } from '../apiserver/kinds.ts'
import { type ApiServer, startApiServer } from '../apiserver/server.ts'
import type { FakeGuest } from './fake-runtime.fixture.ts'
import { dpdkVmi, NAMESPACE, TestLab } from './lab.fixture.ts'

const NAME = 'vmi-under-test-x7k2p'
const PROTOCOL = 'plain.kubevirt.io'

/** A test lab with a listening API server. */
class ServedLab implements AsyncDisposable {
  readonly lab: TestLab
  readonly #server: ApiServer
  readonly #token: string

  private constructor(lab: TestLab, server: ApiServer) {
    this.lab = lab
    this.#server = server
    this.#token = server.token('admin')
  }

  static async start(): Promise<ServedLab> {
    const started: TestLab[] = []
    const server = await startApiServer({
      extensions: (store) => {
        store.create(NAMESPACES, {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: NAMESPACE },
          spec: { finalizers: ['kubernetes'] },
        })
        const lab = new TestLab({ store })
        started.push(lab)
        return [lab.kubevirt]
      },
    })
    const [lab] = started
    if (lab === undefined) throw new Error('no lab')
    return new ServedLab(lab, server)
  }

  request(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  subresource(name: string, which: string, version = 'v1'): string {
    return `/apis/subresources.kubevirt.io/${version}/namespaces/${NAMESPACE}/virtualmachineinstances/${name}/${which}`
  }

  async answer(method: string, path: string): Promise<{ status: number; message: string | undefined }> {
    const response = await this.request(method, path)
    const text = await response.text()
    const { message } = (text === '' ? {} : JSON.parse(text)) as { message?: string }
    return { status: response.status, message }
  }

  console(name: string, version = 'v1'): WebSocket {
    const url = this.#server.url.replace('http', 'ws') + this.subresource(name, 'console', version)
    return new WebSocket(url, [PROTOCOL], { headers: { authorization: `Bearer ${this.#token}` } })
  }

  async openConsole(name: string): Promise<WebSocket> {
    const socket = this.console(name)
    await once(socket, 'open')
    return socket
  }

  /** The HTTP response to a refused console. */
  async refusedConsole(name: string): Promise<{ status: number | undefined; message: string }> {
    const socket = this.console(name)
    const { promise, resolve } = Promise.withResolvers<{ status: number | undefined; message: string }>()
    socket.on('unexpected-response', (_request, response) => {
      void response.toArray().then((chunks) => {
        const { message } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as { message: string }
        resolve({ status: response.statusCode, message })
        socket.terminate()
      })
    })
    socket.on('error', () => undefined)
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
  }
}

async function nextMessage(socket: WebSocket): Promise<{ text: string; binary: boolean }> {
  const [data, binary] = (await once(socket, 'message')) as [Buffer, boolean]
  return { text: data.toString(), binary }
}

async function typed(guest: FakeGuest): Promise<string> {
  const [chunk] = (await once(guest.input, 'data')) as [Buffer]
  return chunk.toString()
}

describe('the subresources of a VMI', () => {
  let served: ServedLab
  let guest: FakeGuest

  beforeEach(async () => {
    served = await ServedLab.start()
    guest = await served.lab.running(dpdkVmi(NAME))
  })

  afterEach(async () => {
    await served[Symbol.asyncDispose]()
  })

  describe('console', () => {
    it('carries bytes both ways', async () => {
      const socket = await served.openConsole(NAME)
      expect(socket.protocol).to.equal(PROTOCOL)
      const shown = nextMessage(socket)
      guest.output.write('login: ')
      expect(await shown).to.deep.equal({ text: 'login: ', binary: true })
      const input = typed(guest)
      socket.send(Buffer.from('root\n'))
      expect(await input).to.equal('root\n')
      socket.terminate()
    })

    it('lets text frames vanish', async () => {
      const socket = await served.openConsole(NAME)
      const input = typed(guest)
      socket.send('text')
      socket.send(Buffer.from('bytes'))
      expect(await input).to.equal('bytes')
      socket.terminate()
    })

    it('belongs to the client that came last; the first one is cut off with 1006', async () => {
      const first = await served.openConsole(NAME)
      const closed = once(first, 'close') as Promise<[number]>
      const second = await served.openConsole(NAME)
      expect((await closed)[0]).to.equal(1006)
      const shown = nextMessage(second)
      guest.output.write('for the second')
      expect((await shown).text).to.equal('for the second')
      second.terminate()
    })

    it('answers pings and stays open in silence', async () => {
      const socket = await served.openConsole(NAME)
      socket.ping()
      await once(socket, 'pong')
      expect(socket.readyState).to.equal(WebSocket.OPEN)
      socket.terminate()
    })

    it('keeps the guest waiting for a slow client, and loses nothing', async () => {
      const socket = await served.openConsole(NAME)
      socket.pause()
      let [sent, blocked] = [0, false]
      const block = Buffer.alloc(1 << 20, 'x')
      for (let count = 0; count < 64 && !blocked; count++) {
        blocked = !guest.output.write(block)
        sent += block.length
        if (blocked) blocked = (await Promise.race([once(guest.output, 'drain'), delay(100)])) === undefined
      }
      expect(blocked).to.equal(true)
      let received = 0
      const all = Promise.withResolvers<undefined>()
      socket.on('message', (data: Buffer) => {
        received += data.length
        if (received === sent) all.resolve(undefined)
      })
      socket.resume()
      await all.promise
      socket.terminate()
    })

    it('ends when the guest does', async () => {
      const socket = await served.openConsole(NAME)
      const closed = once(socket, 'close') as Promise<[number]>
      guest.exit({ how: 'shutdown' })
      expect((await closed)[0]).to.equal(1006)
    })

    it('is refused as KubeVirt refuses it', async () => {
      expect(await served.refusedConsole('nobody')).to.deep.equal({
        status: 404,
        message: 'virtualmachineinstance.kubevirt.io "nobody" not found',
      })
      served.lab.create(dpdkVmi('waiting', { 'spec.volumes.2.configMap.name': 'not-there' }))
      expect(await served.refusedConsole('waiting')).to.deep.equal({
        status: 400,
        message: 'VMI is not running',
      })
      await served.lab.running(dpdkVmi('mute', { 'spec.domain.devices.autoattachSerialConsole': false }))
      expect(await served.refusedConsole('mute')).to.deep.equal({
        status: 400,
        message: 'No serial consoles are present.',
      })
      guest.exit({ how: 'crashed', reason: 'signal 9' })
      await served.lab.untilPhase(NAME, 'Failed')
      expect(await served.refusedConsole(NAME)).to.deep.equal({
        status: 409,
        message: `Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "${NAME}": VMI is in failed status`,
      })
    })

    it('is served as v1alpha3 as well', async () => {
      const socket = served.console(NAME, 'v1alpha3')
      await once(socket, 'open')
      socket.terminate()
    })
  })

  describe('softreboot', () => {
    const conflict = (name: string, why: string) => ({
      status: 409,
      message: `Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "${name}": ${why}`,
    })

    it('asks the guest', async () => {
      expect(await served.answer('PUT', served.subresource(NAME, 'softreboot'))).to.include({ status: 202 })
      expect(guest.reboots).to.equal(1)
    })

    it('swallows what goes wrong in the guest', async () => {
      guest.softReboot = () => Promise.reject(new Error('no answer'))
      expect(await served.answer('PUT', served.subresource(NAME, 'softreboot'))).to.include({ status: 202 })
    })

    it('refuses as KubeVirt refuses', async () => {
      served.lab.create(dpdkVmi('waiting', { 'spec.volumes.2.configMap.name': 'not-there' }))
      expect(await served.answer('PUT', served.subresource('waiting', 'softreboot'))).to.deep.equal(
        conflict('waiting', 'VM is not running'),
      )
      const deaf = await served.lab.running(
        dpdkVmi('deaf', { 'spec.domain.features': { acpi: { enabled: false } } }),
      )
      expect(await served.answer('PUT', served.subresource('deaf', 'softreboot'))).to.deep.equal(
        conflict('deaf', 'VMI neither have the agent connected nor the ACPI feature enabled'),
      )
      deaf.connectAgent()
      expect(await served.answer('PUT', served.subresource('deaf', 'softreboot'))).to.include({ status: 202 })
      expect(await served.answer('PUT', served.subresource('nobody', 'softreboot'))).to.include({
        status: 404,
      })
    })
  })

  describe('guestosinfo', () => {
    it('is the agent’s', async () => {
      guest.connectAgent()
      const response = await served.request('GET', served.subresource(NAME, 'guestosinfo'))
      expect(response.status).to.equal(200)
      expect(await response.json()).to.include({ guestAgentVersion: '7.2.0' })
    })

    it('is not there without one', async () => {
      const { status, message } = await served.answer('GET', served.subresource(NAME, 'guestosinfo'))
      expect(status).to.equal(500)
      expect(message).to.include('VMI does not have guest agent connected')
    })
  })

  it('stands beside VMIs that users create, read and delete over the API', async () => {
    const collection = `/apis/kubevirt.io/v1/namespaces/${NAMESPACE}/virtualmachineinstances`
    const refused = await served.request(
      'POST',
      collection,
      dpdkVmi('vmi-b', { 'spec.domain.cpu.threads': 3 }),
    )
    expect(refused.status).to.equal(422)
    const created = await served.request('POST', collection, dpdkVmi('vmi-b'))
    expect(created.status).to.equal(201)
    expect(await created.json()).to.have.nested.property('status.phase', 'Pending')
    await served.lab.untilPhase('vmi-b', 'Running')
    const deleted = await served.request('DELETE', `${collection}/vmi-b`)
    expect(deleted.status).to.equal(200)
    await served.lab.untilGone('vmi-b')
    expect((await served.request('GET', `${collection}/vmi-b`)).status).to.equal(404)
  })

  it('leaves a namespace that goes empty', async () => {
    await served.request('DELETE', `/api/v1/namespaces/${NAMESPACE}`)
    await served.lab.until(
      () => served.lab.store.get(NAMESPACES, undefined, NAMESPACE) === undefined,
      [NAMESPACES],
    )
    expect(guest.disposed).to.equal(true)
  })
})
