/**
 * `pods/NAME/exec` (`kubectl exec`): runs a program in a container, over a WebSocket. The first byte of a message is
 * its channel: 0 standard input, 1 standard output, 2 standard error, 3 the outcome as a Status, 4 the terminal's
 * size; in protocol v5 also 255, which closes the channel in the next byte (k8s.io/apimachinery
 * pkg/util/remotecommand).
 */
import { PassThrough } from 'node:stream'
import type { WebSocket } from 'ws'
import { describeError } from '../../support/common/errors.ts'
import {
  StatusError,
  type Store,
  type SubresourceHandler,
  type SubresourceRequest,
} from '../apiserver/contract.ts'
import { PODS } from '../apiserver/kinds.ts'
import { isTrue } from '../apiserver/request-info.ts'
import { badRequest, notFound, PlainTextError } from '../apiserver/status.ts'
import type { RunningContainer } from './container-runtime.ts'
import { containerAsked } from './pod-log.ts'
import { forTerminal, TerminalLine } from './terminal-line.ts'
import { asPod } from '../nodes/pod.ts'

/** Finds a container; undefined if it does not run. */
export type FindContainer = (podUid: string, container: string) => RunningContainer | undefined

const V5 = 'v5.channel.k8s.io'
const PROTOCOLS = [V5, 'v4.channel.k8s.io']
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, outcome: 3, close: 255 } as const
/** Bytes that may be buffered for a slow client before the connection is closed. */
const MOST_BEHIND = 64 * 1024 * 1024
const NORMAL_CLOSURE = 1000

interface Command {
  readonly container: RunningContainer
  readonly args: readonly string[]
  readonly stdin: boolean
  readonly tty: boolean
}

export function podExec(store: () => Store, find: FindContainer): SubresourceHandler[] {
  const resource = { group: '', version: 'v1', plural: 'pods', subresource: 'exec' }
  const commandOf = (request: SubresourceRequest) => lookUp(store(), find, request)
  return [
    {
      ...resource,
      method: 'GET',
      webSocket: {
        protocols: PROTOCOLS,
        check: (request) => void commandOf(request),
        connect(request, socket) {
          let command: Command
          try {
            command = commandOf(request)
          } catch {
            // The container ended between the check and the upgrade.
            socket.terminate()
            return
          }
          void converse(command, socket)
        },
      },
    },
    {
      ...resource,
      // If the WebSocket is refused, kubectl tries a POST and shows the error of the POST.
      method: 'POST',
      respond(request) {
        commandOf(request)
        throw badRequest('this server runs programs in pods over WebSockets only, not over SPDY')
      },
    },
  ]
}

/** @throws StatusError, PlainTextError */
function lookUp(store: Store, find: FindContainer, { namespace, name, query }: SubresourceRequest): Command {
  const object = store.get(PODS, namespace, name)
  if (object === undefined) throw notFound(PODS, name)
  const pod = asPod(object)
  const container = containerAsked(pod, query.get('container') ?? '')
  const flag = (option: string) => isTrue(query.get(option) ?? 'false')
  const args = query.getAll('command')
  if (args.length === 0) throw badRequest('you must specify at least 1 command for the container')
  if (!['stdin', 'stdout', 'stderr'].some(flag))
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr')
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${name} does not have a host assigned`)
  const running = find(object.metadata.uid ?? '', container)
  // The kubelet's message, which the API server forwards unchanged.
  if (running === undefined) throw new PlainTextError(500, `container not found ("${container}")`)
  return { container: running, args, stdin: flag('stdin'), tty: flag('tty') }
}

async function converse({ container, args, stdin, tty }: Command, socket: WebSocket): Promise<void> {
  const over = new AbortController()
  const input = new PassThrough()
  if (!stdin) input.end()
  const send = (channel: number) => (chunk: Buffer) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MOST_BEHIND) socket.terminate()
    else socket.send(Buffer.concat([Buffer.of(channel), chunk]), { binary: true })
  }
  const output = tty
    ? (chunk: Buffer) => {
        send(CHANNEL.stdout)(forTerminal(chunk))
      }
    : send(CHANNEL.stdout)
  const write = (text: Buffer) => {
    if (!input.writable || input.write(text)) return
    socket.pause()
    input.once('drain', () => {
      socket.resume()
    })
  }
  const keyboard = new TerminalLine({
    line: write,
    echo: send(CHANNEL.stdout),
    end: () => {
      input.end()
    },
    interrupt: () => {
      over.abort(new Error('it was interrupted'))
    },
  })
  socket.on('message', (data: Buffer) => {
    const [channel, closed] = data
    if (channel === CHANNEL.close && closed === CHANNEL.stdin) input.end()
    else if (channel !== CHANNEL.stdin || !stdin) return
    else if (tty) keyboard.type(data.subarray(1))
    else write(data.subarray(1))
  })
  socket.on('close', () => {
    over.abort(new Error('the client has gone'))
    input.end()
  })
  socket.on('error', () => {
    socket.terminate()
  })
  const streams = {
    ...(stdin ? { stdin: input } : {}),
    stdout: output,
    // A terminal has a single output stream.
    stderr: tty ? output : send(CHANNEL.stderr),
  }
  const outcome = await container.exec(args, streams, over.signal).then(outcomeOf, failureOf)
  send(CHANNEL.outcome)(Buffer.from(JSON.stringify(outcome)))
  // A paused socket would not receive the client's close frame.
  socket.resume()
  socket.close(NORMAL_CLOSURE)
}

function outcomeOf(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}

function failureOf(error: unknown): object {
  const message = `error executing command in container: ${describeError(error)}`
  const { reason, code } = new StatusError(500, 'InternalError', message)
  const details = { causes: [{ message }] }
  return {
    metadata: {},
    status: 'Failure',
    reason,
    message: `Internal error occurred: ${message}`,
    code,
    details,
  }
}
