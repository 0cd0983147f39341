import { PATIENCE } from '../common/testing/patience.ts'
import { KubeConfig } from './client-node.ts'
import { expect } from 'chai'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { InterruptedError, SuiteError, TimeoutError } from '../common/errors.ts'
import type { ConsoleStream } from './console-stream.ts'
import { openConsoleAgain, openKubeVirtConsole } from './kubevirt-console.ts'

const TARGET = { namespace: 'dpdk', name: 'vmi-under-test-x7k2p' }
const LIMITS = { signal: new AbortController().signal, timeout: PATIENCE }

describe('KubeVirt console', () => {
  let http: Server
  let sockets: WebSocketServer
  let requests: IncomingMessage[]
  let config: KubeConfig
  let refusal: { status: number; body: string } | 'silence' | undefined
  let onSocket: (socket: WebSocket) => void
  let stream: ConsoleStream | undefined

  beforeEach(async () => {
    requests = []
    refusal = undefined
    stream = undefined
    onSocket = () => undefined
    http = createServer()
    sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false })
    http.on('upgrade', (request, socket, head) => {
      requests.push(request)
      if (refusal === 'silence') return
      if (refusal !== undefined) {
        const { status, body } = refusal
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
        return
      }
      sockets.handleUpgrade(request, socket, head, (client) => {
        onSocket(client)
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    config = new KubeConfig()
    config.loadFromClusterAndUser(
      { name: 'lab', server: `http://127.0.0.1:${port}/`, skipTLSVerify: true },
      { name: 'checkup', token: 'sesame' },
    )
  })

  afterEach(() => {
    stream?.close()
    for (const client of sockets.clients) client.terminate()
    http.closeAllConnections()
    http.close()
  })

  async function refused(): Promise<SuiteError> {
    const outcome = await openKubeVirtConsole(config, TARGET, LIMITS).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(SuiteError)
    return outcome as SuiteError
  }

  it('asks for the subresource with the subprotocol and the token', async () => {
    stream = await openKubeVirtConsole(config, TARGET, LIMITS)
    const [request] = requests
    expect(request?.url).to.equal(
      '/apis/subresources.kubevirt.io/v1/namespaces/dpdk/virtualmachineinstances/vmi-under-test-x7k2p/console',
    )
    expect(request?.headers).to.include({
      authorization: 'Bearer sesame',
      'sec-websocket-protocol': 'plain.kubevirt.io',
    })
  })

  it('carries bytes both ways, in binary frames, and loses none that came before anybody listened', async () => {
    const typed = Promise.withResolvers<{ data: string; isBinary: boolean }>()
    onSocket = (socket) => {
      socket.send(Buffer.from('early '))
      socket.on('message', (data: Buffer, isBinary) => {
        typed.resolve({ data: data.toString(), isBinary })
        socket.send(Buffer.from('late'))
      })
    }
    stream = await openKubeVirtConsole(config, TARGET, LIMITS)
    stream.write('root\r')
    expect(await typed.promise).to.deep.equal({ data: 'root\r', isBinary: true })
    const all = Promise.withResolvers<undefined>()
    let seen = ''
    stream.onOutput((bytes) => {
      seen += Buffer.from(bytes).toString()
      if (seen === 'early late') all.resolve(undefined)
    })
    await all.promise
  })

  it("refuses with the server's words", async () => {
    const message =
      'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "x": VMI is in failed status'
    refusal = { status: 409, body: JSON.stringify({ kind: 'Status', message, code: 409 }) }
    const error = await refused()
    expect(error.code).to.equal('console-refused')
    expect(error.message).to.equal(
      `the console of VMI dpdk/vmi-under-test-x7k2p was refused: 409 No: ${message}`,
    )
  })

  for (const [name, body] of [
    ['plain words', 'VMI is not running'],
    ['no words', ''],
  ] as const) {
    it(`refuses where the server has ${name}`, async () => {
      refusal = { status: 400, body }
      expect((await refused()).message).to.match(
        body === '' ? /refused: 400 No$/ : /refused: 400 No: VMI is not running$/,
      )
    })
  }

  describe('where virt-api is unavailable', () => {
    const unavailable = { status: 503, body: 'no endpoints available for service "virt-api"' }

    it('opens once virt-api is back', async () => {
      refusal = unavailable
      http.once('upgrade', () => {
        refusal = undefined
      })
      stream = await openConsoleAgain(config, TARGET, { ...LIMITS, patience: PATIENCE })
      expect(requests).to.have.lengthOf(2)
    })

    it('ends as interrupted where the run ends between two attempts', async () => {
      refusal = unavailable
      const run = new AbortController()
      http.once('upgrade', (_request, socket) => {
        socket.once('close', () => {
          run.abort(new Error('SIGTERM'))
        })
      })
      const opening = openConsoleAgain(config, TARGET, {
        timeout: PATIENCE,
        patience: PATIENCE,
        signal: run.signal,
      })
      expect(await opening.catch((error: unknown) => error)).to.be.instanceOf(InterruptedError)
    })

    it('is refused once patience has run out, and at once where no wait would help', async () => {
      const open = () =>
        openConsoleAgain(config, TARGET, { ...LIMITS, patience: 0 }).catch((error: unknown) => error)
      refusal = unavailable
      expect(await open()).to.have.property('code', 'console-refused')
      refusal = { status: 403, body: 'forbidden' }
      const before = requests.length
      expect(
        await openConsoleAgain(config, TARGET, { ...LIMITS, patience: PATIENCE }).catch(
          (error: unknown) => error,
        ),
      ).to.have.property('code', 'console-refused')
      expect(requests).to.have.lengthOf(before + 1)
    })
  })

  it('cannot be reached where nobody listens', async () => {
    http.close()
    const error = await refused()
    expect(error.code).to.equal('console-unreachable')
    expect(error.message).to.contain('ECONNREFUSED')
  })

  it('waits no longer than it may', async () => {
    refusal = 'silence'
    const slow = openKubeVirtConsole(config, TARGET, { ...LIMITS, timeout: 50 }).catch(
      (error: unknown) => error,
    )
    expect(await slow).to.be.instanceOf(TimeoutError)
    const given = { signal: AbortSignal.timeout(50), timeout: PATIENCE }
    const interrupted = openKubeVirtConsole(config, TARGET, given).catch((error: unknown) => error)
    expect(await interrupted).to.be.instanceOf(InterruptedError)
  })

  it('says that another client may have taken it where it ends without a word', async () => {
    onSocket = (socket) => {
      setImmediate(() => {
        socket.terminate()
      })
    }
    stream = await openKubeVirtConsole(config, TARGET, LIMITS)
    expect((await stream.closed)?.message).to.equal(
      'the console of VMI dpdk/vmi-under-test-x7k2p was lost: ' +
        'another client took it, or the connection dropped (close code 1006)',
    )
  })

  it('passes on why the server closed it', async () => {
    onSocket = (socket) => {
      socket.close(1001, 'going away')
    }
    stream = await openKubeVirtConsole(config, TARGET, LIMITS)
    expect((await stream.closed)?.message).to.contain('the server closed it (close code 1001: going away)')
  })

  it('is closed without a reason where it was closed from here', async () => {
    stream = await openKubeVirtConsole(config, TARGET, LIMITS)
    stream.close()
    expect(await stream.closed).to.equal(undefined)
  })

  it('notices a connection that does not answer any more', async () => {
    sockets.options.autoPong = false
    stream = await openKubeVirtConsole(config, { ...TARGET, pingInterval: 20 }, LIMITS)
    expect((await stream.closed)?.message).to.contain('it did not answer pings')
  })
})
