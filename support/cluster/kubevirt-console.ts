/** KubeVirt's serial console: one WebSocket per guest, raw bytes in binary frames. */
import type { KubeConfig } from './client-node.ts'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { isSuiteError, SuiteError } from '../common/errors.ts'
import { foreign, type ForeignText } from '../common/foreign-text.ts'
import { type Limits, withLimits } from '../common/wait.ts'
import type { ConsoleStream } from './console-stream.ts'

export interface ConsoleTarget {
  readonly namespace: string
  /** Name of the VirtualMachineInstance. */
  readonly name: string
  /** Milliseconds between two pings; two unanswered ones in a row mean that the connection is dead. */
  readonly pingInterval?: number
}

/** The subprotocol whose frames contain only the console's bytes. */
const SUBPROTOCOL = 'plain.kubevirt.io'
const PING_INTERVAL_MS = 10_000
const RETRY_DELAY_MS = 500
/** HTTP statuses of an API server whose virt-api does not answer, and of proxies. */
const UNAVAILABLE: ReadonlySet<number> = new Set([502, 503, 504])
/** The most bytes read of a refusal, which is a Status object of a few hundred bytes. */
const MAX_REFUSAL_BYTES = 64 * 1024

/**
 * Opens the console of a running VMI. KubeVirt gives the console only to the latest client: the former one is
 * disconnected without a message.
 * @throws SuiteError `console-refused` with the server's message; `console-unreachable` if no server answered;
 * TimeoutError; InterruptedError.
 */
export async function openKubeVirtConsole(
  config: KubeConfig,
  target: ConsoleTarget,
  limits: Limits,
): Promise<ConsoleStream> {
  const vmi = vmiOf(target)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw new SuiteError('no-cluster', 'the kubeconfig names no current cluster')
  const options: WebSocket.ClientOptions = { perMessageDeflate: false }
  const describe = () => `waiting for the console of ${vmi} to open`
  return withLimits({ ...limits, describe }, async (signal) => {
    // This may request a token from elsewhere.
    await config.applyToHTTPSOptions(options)
    signal.throwIfAborted()
    const socket = new WebSocket(consoleUrl(cluster.server, target), [SUBPROTOCOL], options)
    // Set before the handshake ends; otherwise a frame right after it would be lost.
    const stream = new WebSocketConsole(socket, vmi, target.pingInterval ?? PING_INTERVAL_MS)
    signal.addEventListener('abort', () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate()
    })
    await opened(socket, vmi)
    return stream
  })
}

/**
 * Opens it like `openKubeVirtConsole`. Tries again while virt-api is unavailable: it may be restarting, or on its way to
 * another node.
 * @param patience milliseconds after which an unavailable virt-api is an error
 */
export async function openConsoleAgain(
  config: KubeConfig,
  target: ConsoleTarget,
  { patience, ...limits }: Limits & { readonly patience: number },
): Promise<ConsoleStream> {
  const describe = () => `waiting for virt-api to open the console of ${vmiOf(target)}`
  // One limit for all attempts and the pauses between them, which also ends a pause in the suite's own words.
  return withLimits({ ...limits, describe }, async (signal) => {
    for (const end = performance.now() + patience; ;) {
      try {
        return await openKubeVirtConsole(config, target, { ...limits, signal })
      } catch (error) {
        if (!mayPass(error) || performance.now() > end) throw error
        await sleep(RETRY_DELAY_MS, undefined, { signal })
      }
    }
  })
}

function vmiOf({ namespace, name }: ConsoleTarget): string {
  return `VMI ${namespace}/${name}`
}

function mayPass(error: unknown): boolean {
  return isSuiteError(error, 'console-refused') && UNAVAILABLE.has(error.facts.status ?? 0)
}

function consoleUrl(server: string, { namespace, name }: ConsoleTarget): string {
  const base = server.replace(/^http/, 'ws').replace(/\/+$/, '')
  const vmi = `namespaces/${encodeURIComponent(namespace)}/virtualmachineinstances/${encodeURIComponent(name)}`
  return `${base}/apis/subresources.kubevirt.io/v1/${vmi}/console`
}

function opened(socket: WebSocket, vmi: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  socket.once('open', () => {
    resolve(undefined)
  })
  socket.once('unexpected-response', (request, response) => {
    void readRefusal(response).then(({ status, said, sentence }) => {
      const facts = { status, said }
      reject(new SuiteError('console-refused', `the console of ${vmi} was refused: ${sentence}`, { facts }))
      request.destroy()
    })
  })
  socket.once('error', (cause) => {
    const message = `the console of ${vmi} could not be reached: ${cause.message}`
    reject(new SuiteError('console-unreachable', message, { cause }))
  })
  return promise
}

interface Refusal {
  /** HTTP status. */
  readonly status: number
  /** The server's message: the message of a Status object, otherwise the body. */
  readonly said: ForeignText
  readonly sentence: string
}

async function readRefusal(response: IncomingMessage): Promise<Refusal> {
  const status = response.statusCode ?? 0
  const line = `${status} ${response.statusMessage ?? ''}`.trim()
  const said = statusMessage(await readBody(response))
  return { status, said: foreign(said), sentence: said === '' ? line : `${line}: ${said}` }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_REFUSAL_BYTES) break
    }
  } catch {
    // If the body breaks off, the part that arrived is used.
  }
  return Buffer.concat(chunks).toString('utf8').trim()
}

function statusMessage(body: string): string {
  try {
    const status: unknown = JSON.parse(body)
    if (typeof status === 'object' && status !== null && 'message' in status) {
      if (typeof status.message === 'string' && status.message !== '') return status.message
    }
  } catch {
    // Not every proxy on the way speaks in Status objects.
  }
  return body.slice(0, 500)
}

class WebSocketConsole implements ConsoleStream {
  readonly closed: Promise<Error | undefined>
  readonly #socket: WebSocket
  readonly #early: Uint8Array[] = []
  #listener: ((bytes: Uint8Array) => void) | undefined
  #closedByUs = false

  constructor(socket: WebSocket, vmi: string, pingInterval: number) {
    this.#socket = socket
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data: Buffer) => {
      if (this.#listener === undefined) this.#early.push(data)
      else this.#listener(data)
    })
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    let cause: Error | undefined
    socket.on('error', (error) => {
      cause = error
    })
    keepAlive(socket, pingInterval, () => {
      cause = new Error(`it did not answer pings for ${(2 * pingInterval) / 1000} s`)
    })
    socket.on('close', (code, text) => {
      const reason = cause?.message ?? closeReason(code, text.toString('utf8'))
      const message = `the console of ${vmi} was lost: ${reason}`
      const facts = { loss: 'connection', reason } as const
      resolve(this.#closedByUs ? undefined : new SuiteError('console-lost', message, { cause, facts }))
    })
  }

  onOutput(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener
    for (const bytes of this.#early.splice(0)) listener(bytes)
  }

  write(bytes: Uint8Array | string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    // KubeVirt drops text frames without an error; only binary frames reach the guest.
    this.#socket.send(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes, { binary: true })
  }

  close(): void {
    this.#closedByUs = true
    this.#socket.close()
    // A peer that does not answer the close frame must not keep the process for ws's 30 seconds.
    const timer = setTimeout(() => {
      this.#socket.terminate()
    }, 1000)
    timer.unref()
    void this.closed.then(() => {
      clearTimeout(timer)
    })
  }
}

function closeReason(code: number, reason: string): string {
  if (code === 1006) return 'another client took it, or the connection dropped (close code 1006)'
  return `the server closed it (close code ${code}${reason === '' ? '' : `: ${reason}`})`
}

/** KubeVirt sends no pings itself, and proxies drop silent connections. */
function keepAlive(socket: WebSocket, interval: number, onDead: () => void): void {
  let unanswered = 0
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (unanswered >= 2) {
      onDead()
      socket.terminate()
      return
    }
    unanswered += 1
    socket.ping()
  }, interval)
  timer.unref()
  const alive = () => {
    unanswered = 0
  }
  socket.on('pong', alive)
  socket.on('message', alive)
  socket.on('close', () => {
    clearInterval(timer)
  })
}
