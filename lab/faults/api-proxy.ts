/** A proxy in front of the lab's API server that gives wrong or late answers, or none, as configured. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ApiFault {
  /** Matches method and path, e.g. `PUT /api/v1/namespaces/x/configmaps/y`. */
  readonly request: RegExp
  /** Affects only the first requests, this many. Default: all. */
  readonly times?: number
  /**
   * Affects requests from this phase of the suite on, or after a request that matches. Default: from the start. A phase
   * is read from the suite's output, so that the requests at its beginning may come before it.
   */
  readonly from?: string | RegExp
  /** Affects requests until this phase. Default: to the end. */
  readonly until?: string
  /**
   * `status`: answers with it instead of the server, and with the message `says`, also where a console is asked for. `late`: delays the answer by so
   * many milliseconds. `reset`: cuts the connection before the request reaches the server. `answer lost`: cuts it
   * afterwards.
   */
  readonly fault:
    { readonly status: number; readonly says?: string } | { readonly late: number } | 'reset' | 'answer lost'
}

interface ArmedFault extends ApiFault {
  left: number
  armed: boolean
}

export class FaultyProxy implements AsyncDisposable {
  readonly #server = createServer()
  readonly #target: URL
  readonly #faults: readonly ArmedFault[]
  readonly #sockets = new Set<Duplex>()
  #isDown = false

  private constructor(target: string, faults: readonly ApiFault[]) {
    this.#target = new URL(target)
    this.#faults = faults.map((fault) => ({
      ...fault,
      left: fault.times ?? Infinity,
      armed: fault.from === undefined,
    }))
    this.#server.on('connection', (socket) => {
      if (this.#isDown) socket.destroy()
      else this.#keep(socket)
    })
    this.#server.on('request', (incoming, outgoing) => {
      this.#serve(incoming, outgoing)
    })
    this.#server.on('upgrade', (incoming, socket, head) => {
      const fault = this.#faultFor(incoming)
      if (typeof fault === 'object' && 'status' in fault) {
        const body = fault.says === undefined ? '' : statusText(fault.status, fault.says)
        socket.end(
          `HTTP/1.1 ${fault.status} ${REASONS[fault.status] ?? ''}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
      } else this.#tunnel(incoming, socket, head)
    })
  }

  static async start(target: string, faults: readonly ApiFault[]): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, faults)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Call when the suite enters a phase. */
  phase(name: string): void {
    for (const fault of this.#faults) {
      if (fault.from === name) fault.armed = true
      if (fault.until === name) fault.armed = false
    }
  }

  /** Cuts every connection, including consoles. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Refuses all connections for so many milliseconds. */
  goDown(milliseconds: number): void {
    this.#isDown = true
    this.cut()
    setTimeout(() => {
      this.#isDown = false
    }, milliseconds)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #faultFor({ method = '', url = '' }: IncomingMessage): ApiFault['fault'] | undefined {
    const asked = `${method} ${url}`
    const found = this.#faults.find(
      ({ request: pattern, left, armed }) => armed && left > 0 && pattern.test(asked),
    )
    for (const fault of this.#faults)
      if (fault.from instanceof RegExp && fault.from.test(asked)) fault.armed = true
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fault = this.#faultFor(incoming)
    if (fault === 'reset') {
      incoming.socket.destroy()
      return
    }
    if (typeof fault === 'object' && 'status' in fault) {
      answer(outgoing, fault.status, fault.says)
      return
    }
    const late = typeof fault === 'object' ? fault.late : 0
    const { hostname, port } = this.#target
    const { method, url: path, headers } = incoming
    const forwarded = request({ hostname, port, method, path, headers }, (response) => {
      if (fault === 'answer lost') {
        response.resume().once('end', () => incoming.socket.destroy())
        return
      }
      setTimeout(() => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      }, late).unref()
    })
    forwarded.on('error', () => incoming.socket.destroy())
    incoming.pipe(forwarded)
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hostname, port } = this.#target
    const server: Socket = connect(Number(port), hostname, () => {
      const headers = pairs(incoming.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
      server.write(`${incoming.method ?? 'GET'} ${incoming.url ?? '/'} HTTP/1.1\r\n${headers.join('')}\r\n`)
      server.write(head)
      server.pipe(socket).pipe(server)
    })
    this.#keep(server)
    server.once('close', () => socket.destroy())
    socket.once('close', () => server.destroy())
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [],
  )
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

function answer(outgoing: ServerResponse, status: number, says?: string): void {
  if (status === 429) {
    outgoing.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' })
    outgoing.end('Too many requests, please try again later.\n')
    return
  }
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(statusText(status, says))
}

/** A Status object of Kubernetes, as JSON. */
function statusText(status: number, says?: string): string {
  const reason = REASONS[status] ?? 'Unknown'
  const message = says ?? `${reason} (simulated)`
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  })
}
