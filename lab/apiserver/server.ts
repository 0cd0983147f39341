/** The lab's API server on a loopback port. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { loopbackCertificate } from './certificate.ts'
import { type AppOptions, createApp, type LabApp } from './app.ts'
import type { KubeObject, Store } from './contract.ts'
import { kubeconfigText } from './kubeconfig.ts'
import { SERVICE_ACCOUNTS } from './kinds.ts'
import { ADMIN, type BoundPod, type User } from './tokens.ts'

export interface ApiServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https:` with TLS. */
  readonly url: string
  readonly store: Store
  /** The certificate that clients must trust, in PEM; undefined without TLS. */
  readonly certificate: string | undefined
  /**
   * Creates a bearer token for `admin`, an existing account `system:serviceaccount:NAMESPACE:NAME`, or any
   * other name, which is then an authenticated user without groups of its own.
   * @param pod binds a service account's token to this pod
   */
  token(user: string, pod?: BoundPod): string
  /** Admits a pod that a controller creates; returns the pod to store. @throws StatusError if it is refused */
  admitPod(pod: KubeObject): KubeObject
  /** A kubeconfig with a new token for this user. `namespace`: the context's namespace; default: `default`. */
  kubeconfig(user: string, namespace?: string): string
}

/** Longer than any lab or test runs. */
const LAB_TOKEN_SECONDS = 24 * 3600

export interface ServerOptions extends AppOptions {
  /** Default: false. Only kubectl needs TLS: it sends bearer tokens over TLS only. */
  readonly tls?: boolean
}

export async function startApiServer(options: ServerOptions = {}): Promise<ApiServer> {
  const certificate = options.tls === true ? await loopbackCertificate() : undefined
  const app = createApp(options)
  const { fetch } = app.routes
  const server = createAdaptorServer(
    certificate === undefined
      ? { fetch }
      : { fetch, createServer: createSecureServer, serverOptions: { ...certificate } },
  ) as Server
  // Clients may reuse idle connections; dispose closes them.
  server.keepAliveTimeout = 60_000
  const cutWebSockets = acceptWebSockets(server, app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = (user: string, pod?: BoundPod) => tokenFor(app, user, pod)
  const close = async () => {
    app[Symbol.dispose]()
    cutWebSockets()
    const ended = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await ended
  }
  let closed: Promise<void> | undefined
  return {
    url,
    store: app.store,
    certificate: certificate?.cert,
    token,
    admitPod: (pod) => app.admitPod(pod),
    kubeconfig: (user, namespace = 'default') =>
      kubeconfigText({
        url,
        user,
        namespace,
        token: token(user),
        ...(certificate === undefined ? {} : { certificate: certificate.cert }),
      }),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  }
}

function tokenFor({ store, tokens }: LabApp, name: string, pod?: BoundPod): string {
  if (name === ADMIN.name) return tokens.add(ADMIN)
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? []
  if (namespace === undefined || account === undefined)
    return tokens.add({ name, groups: ['system:authenticated'] } satisfies User)
  const object = store.get(SERVICE_ACCOUNTS, namespace, account)
  if (object === undefined) throw new Error(`there is no service account ${namespace}/${account}`)
  const audiences = ['https://kubernetes.default.svc.cluster.local']
  return tokens.mint(object, LAB_TOKEN_SECONDS, audiences, pod).token
}

/** Upgrades the WebSocket requests that the app accepts. Returns a function that terminates all open sockets. */
function acceptWebSockets(server: Server, app: LabApp): () => void {
  const byProtocol = new Map<string, WebSocketServer>()
  const serverFor = (protocol: string) => {
    const handleProtocols = (offered: Set<string>) => (offered.has(protocol) ? protocol : false)
    const known = byProtocol.get(protocol) ?? new WebSocketServer({ noServer: true, handleProtocols })
    byProtocol.set(protocol, known)
    return known
  }
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A client that disconnects during the answer is not an error.
    socket.on('error', () => undefined)
    const target = app.upgrade(requestOf(incoming))
    if (target instanceof Response) void refuse(socket, target)
    else
      serverFor(target.protocol).handleUpgrade(incoming, socket, head, (client) => {
        target.connect(client)
      })
  })
  return () => {
    for (const { clients } of byProtocol.values()) for (const client of clients) client.terminate()
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value))
  return new Request(`http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'GET',
    headers,
  })
}

/** Sends an HTTP response instead of the requested upgrade to a WebSocket. */
async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`)
  const head = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}`,
    ...headers,
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
}
