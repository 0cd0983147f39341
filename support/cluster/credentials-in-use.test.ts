import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { WebSocketServer } from 'ws'
import { stringify } from 'yaml'
import { loopbackCertificate } from '../../lab/apiserver/certificate.ts'
import { UnreachableError } from '../common/errors.ts'
import { PATIENCE } from '../common/testing/patience.ts'
import { ApiClient } from './api-client.ts'
import { loadCredentials } from './credentials.ts'
import { openKubeVirtConsole } from './kubevirt-console.ts'

const limits = { signal: new AbortController().signal, timeout: PATIENCE }
const NAME = 'api.example'

describe('credentials in use', () => {
  let folder: string
  let authority: string
  let key: string
  let server: Server
  let proxy: Server
  /** The credentials that the API server got, and the targets that the proxy was asked to connect to. */
  let sent: (string | undefined)[]
  let tunnels: { to: string | undefined; as: string | undefined }[]
  let proxyRefuses: string | undefined
  const sockets = new Set<Socket>()

  before(async () => {
    ;({ key, cert: authority } = await loopbackCertificate(NAME))
  })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dpdk-checkup-test-'))
    sent = []
    tunnels = []
    proxyRefuses = undefined
    server = createHttps({ key, cert: authority }, (request, response) => {
      sent.push(request.headers.authorization)
      response.end('{}')
    })
    const consoles = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      sent.push(request.headers.authorization)
      consoles.handleUpgrade(request, socket, head, () => undefined)
    })
    proxy = createHttp()
    proxy.on('connect', (request, socket: Socket) => {
      if (proxyRefuses !== undefined) return socket.end(`HTTP/1.1 ${proxyRefuses}\r\n\r\n`)
      tunnels.push({ to: request.url, as: request.headers['proxy-authorization'] })
      const through = connect(portOf(server), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(through).pipe(socket)
      })
      for (const end of [socket, through]) {
        end.on('error', () => undefined)
        sockets.add(end)
      }
      return undefined
    })
    for (const one of [server, proxy]) {
      one.on('connection', (socket: Socket) => sockets.add(socket))
      one.listen(0, '127.0.0.1')
      await once(one, 'listening')
    }
  })
  afterEach(() => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    for (const one of [server, proxy]) one.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const portOf = (one: Server) => (one.address() as AddressInfo).port
  const ca = () => ({ 'certificate-authority-data': Buffer.from(authority).toString('base64') })

  function client(cluster: object, env: NodeJS.ProcessEnv = {}): ApiClient {
    const path = join(folder, 'config')
    writeFileSync(join(folder, 'token'), 'sesame\n')
    writeFileSync(
      path,
      stringify({
        clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${portOf(server)}`, ...cluster } }],
        users: [{ name: 'u', user: { tokenFile: 'token' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    )
    return new ApiClient(loadCredentials({ KUBECONFIG: path, ...env }))
  }
  const ask = (asked: ApiClient) => asked.send({ method: 'GET', path: '/', doing: 'asking' }, limits)
  const open = async ({ kubeConfig }: ApiClient) => {
    const stream = await openKubeVirtConsole(kubeConfig, { namespace: 'n', name: 'vmi' }, limits)
    stream.close()
  }

  it('check the name that tls-server-name says, for requests and consoles alike', async () => {
    const named = client({ ...ca(), 'tls-server-name': NAME })
    await ask(named)
    await open(named)
    expect(sent).to.deep.equal(['Bearer sesame', 'Bearer sesame'])
  })

  it('go through the proxy of the kubeconfig, for requests and consoles alike', async () => {
    const proxied = client({
      ...ca(),
      server: `https://${NAME}:6443`,
      'proxy-url': `http://me:pass@127.0.0.1:${portOf(proxy)}`,
    })
    await ask(proxied)
    await open(proxied)
    expect(sent).to.deep.equal(['Bearer sesame', 'Bearer sesame'])
    const tunnel = { to: `${NAME}:6443`, as: `Basic ${Buffer.from('me:pass').toString('base64')}` }
    expect(tunnels).to.deep.equal([tunnel, tunnel])
  })

  it('go through the proxy of the environment, with another name in the certificate', async () => {
    const cluster = { ...ca(), server: 'https://192.0.2.1:6443', 'tls-server-name': NAME }
    const proxied = client(cluster, { HTTPS_PROXY: `127.0.0.1:${portOf(proxy)}` })
    await ask(proxied)
    await open(proxied)
    expect(tunnels.map(({ to }) => to)).to.deep.equal(['192.0.2.1:6443', '192.0.2.1:6443'])
  })

  for (const [what, cluster, sentence] of [
    [
      'its certificate is another one’s',
      () => ca(),
      /127\.0\.0\.1:\d+ cannot be reached: .*IP: 127\.0\.0\.1/,
    ],
    ['nobody known vouches for it', () => ({ 'tls-server-name': NAME }), /self-signed certificate/],
    ['it speaks no TLS', () => ({ server: `https://127.0.0.1:${portOf(proxy)}` }), /wrong version number/i],
  ] as const) {
    it(`do not wait for a server where ${what}`, async () => {
      const error: unknown = await ask(client(cluster())).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(UnreachableError)
      expect(String(error)).to.match(sentence)
    })
  }

  it('do not wait for a proxy that refuses, and name it without its password', async () => {
    proxyRefuses = '407 Proxy Authentication Required'
    const cluster = { ...ca(), 'proxy-url': `http://me:pass@127.0.0.1:${portOf(proxy)}` }
    const error: unknown = await ask(client(cluster)).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(UnreachableError)
    expect(String(error)).to.match(/by the proxy http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*407/)
  })

  it('do not wait where there are none', async () => {
    const asked = client({ ...ca(), 'tls-server-name': NAME })
    rmSync(join(folder, 'token'))
    const error: unknown = await ask(asked).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(UnreachableError)
    expect(String(error)).to.match(/asking: the token file .*token cannot be read/)
  })

  it('are waited for where the server was reached before', async () => {
    const cluster = { ...ca(), 'tls-server-name': NAME, 'proxy-url': `http://127.0.0.1:${portOf(proxy)}` }
    const asked = client(cluster)
    await ask(asked)
    for (const socket of sockets) socket.destroy()
    proxyRefuses = '403 Forbidden'
    proxy.once('connect', () => (proxyRefuses = undefined))
    await ask(asked)
    expect(sent).to.have.length(2)
  })
})
