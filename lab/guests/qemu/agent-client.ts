/** The protocol of qemu-guest-agent over its serial channel: one request at a time, without ids. */
import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '../../lab-error.ts'
import { withLimits } from '../../../support/common/wait.ts'
import type { AgentInterface, GuestAgent, GuestCommandOptions, GuestCommandResult } from '../guest-runtime.ts'

/**
 * Milliseconds that an answer may take. Only an agent that hangs takes that long: QEMU reports an agent that goes
 * away, and an emulated guest on a busy machine gets as little as a twentieth of a CPU.
 */
const ANSWER_TIMEOUT = 180_000
/** Milliseconds between two polls of a program's state. */
const EXEC_INTERVAL = 100
/** Bytes per read. The agent's answer is one line, a third longer (base64). */
const READ_AT_ONCE = 256 * 1024
/** Precedes the answer to guest-sync-delimited. Everything before it answers an earlier client. */
const SENTINEL = '\u{ff}'

interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

/** The channel to a guest's agent. It stays open when the agent goes away and comes back. */
export class AgentChannel {
  readonly #socket: Socket
  #rest = ''
  #onAnswer: ((line: string) => void) | undefined
  #last: Promise<unknown> = Promise.resolve()
  #inStep = false
  #answers = 0

  constructor(socket: Socket) {
    this.#socket = socket
    // Latin-1 keeps the sentinel, which is not valid UTF-8. Answers are ASCII (base64, escaped JSON) or are decoded
    // as UTF-8 below.
    socket.setEncoding('latin1')
    socket.on('data', (chunk: Buffer | string) => {
      const lines = (this.#rest + chunk.toString()).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#onAnswer?.(line)
    })
    socket.on('error', () => undefined)
  }

  /** Number of answers so far. */
  get answers(): number {
    return this.#answers
  }

  /**
   * Sends a request after the earlier ones and returns its answer. @throws LabError `agent` with the agent's message
   */
  async request(
    command: string,
    args: Readonly<Record<string, unknown>> | undefined,
    limits: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<unknown> {
    const turn = this.#last.then(() => this.#request(command, args, limits))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Sends a request that gets no answer, because it takes the guest down. */
  send(command: string, args: Readonly<Record<string, unknown>>): void {
    this.#inStep = false
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
  }

  /** Call when the agent has restarted or is gone. */
  restarted(): void {
    this.#inStep = false
    this.#rest = ''
  }

  close(): void {
    this.#socket.destroy()
  }

  async #request(
    command: string,
    args: Readonly<Record<string, unknown>> | undefined,
    limits: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<unknown> {
    return withLimits(
      { ...limits, describe: () => `waiting for the guest agent to answer ${command}` },
      async () => {
        if (!this.#inStep) await this.#synchronise()
        this.#inStep = false
        const answer = await this.#exchange(JSON.stringify({ execute: command, arguments: args }), () => true)
        this.#inStep = true
        return answer
      },
    )
  }

  async #synchronise(): Promise<void> {
    const id = randomInt(1, 2 ** 31)
    // The sentinel in front makes the agent discard an incomplete request.
    await this.#exchange(
      `${SENTINEL}${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })}`,
      (line) => line.includes(SENTINEL) && line.includes(String(id)),
    )
  }

  async #exchange(request: string, isAnswer: (line: string) => boolean): Promise<unknown> {
    const answered = Promise.withResolvers<string>()
    this.#onAnswer = (line) => {
      if (isAnswer(line)) answered.resolve(line)
    }
    const lost = () => {
      answered.reject(new LabError('agent-lost', 'The guest agent is gone.'))
    }
    this.#socket.once('close', lost)
    try {
      if (this.#socket.destroyed) lost()
      this.#socket.write(Buffer.from(`${request}\n`, request.startsWith(SENTINEL) ? 'latin1' : 'utf8'))
      const line = await answered.promise
      this.#answers += 1
      const json = Buffer.from(line.slice(line.lastIndexOf(SENTINEL) + 1), 'latin1').toString('utf8')
      const answer = JSON.parse(json) as Answer
      if (answer.error !== undefined)
        throw new LabError('agent', `The guest agent refused: ${answer.error.desc}`)
      return answer.return
    } finally {
      this.#socket.off('close', lost)
      this.#onAnswer = undefined
    }
  }
}

/** Resolves when the agent has answered once. Its requests end when `signal` aborts because the agent is gone. */
export async function openAgent(channel: AgentChannel, signal: AbortSignal): Promise<GuestAgent> {
  const limits = { signal, timeout: ANSWER_TIMEOUT }
  const ask = (command: string, args?: Readonly<Record<string, unknown>>) =>
    channel.request(command, args, limits)
  await ask('guest-ping')
  const run = async (
    path: string,
    args: readonly string[],
    { timeout, input, signal: given }: GuestCommandOptions,
  ): Promise<GuestCommandResult> => {
    const { pid } = (await ask('guest-exec', {
      path,
      arg: args,
      'capture-output': true,
      ...(input === undefined ? {} : { 'input-data': input.toString('base64') }),
    })) as { pid: number }
    return withLimits(
      {
        timeout,
        describe: () => `waiting for ${path} to end in the guest`,
        signal: given === undefined ? signal : AbortSignal.any([signal, given]),
      },
      async (limited) => {
        for (;;) {
          const status = (await ask('guest-exec-status', { pid })) as ExecStatus
          if (status.exited)
            return {
              // A signal ended the program: report it like a shell.
              exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
              stdout: decode(status['out-data']),
              stderr: decode(status['err-data']),
            }
          await sleep(EXEC_INTERVAL, undefined, { signal: limited })
        }
      },
    )
  }
  return {
    async info() {
      const { version } = (await ask('guest-info')) as { version: string }
      return { version }
    },
    async interfaces() {
      return ((await ask('guest-network-get-interfaces')) as RawInterface[]).map(toInterface)
    },
    async exec(path, args, timeout) {
      const { exitCode, stdout, stderr } = await run(path, args, { timeout })
      return { exitCode, output: stdout.toString('utf8') + stderr.toString('utf8') }
    },
    run,
    async openFile(path) {
      const handle = (await ask('guest-file-open', { path, mode: 'r' })) as number
      return {
        async read() {
          const read = (await ask('guest-file-read', { handle, count: READ_AT_ONCE })) as {
            'buf-b64': string
          }
          return decode(read['buf-b64'])
        },
        async close() {
          await ask('guest-file-close', { handle })
        },
      }
    },
  }
}

interface ExecStatus {
  readonly exited: boolean
  readonly exitcode?: number
  readonly signal?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
}

interface RawInterface {
  readonly name: string
  readonly 'hardware-address'?: string
  readonly 'ip-addresses'?: readonly { readonly 'ip-address': string }[]
}

function toInterface(raw: RawInterface): AgentInterface {
  const mac = raw['hardware-address']
  return {
    name: raw.name,
    ...(mac === undefined ? {} : { mac }),
    ipAddresses: (raw['ip-addresses'] ?? []).map((address) => address['ip-address']),
  }
}

function decode(base64: string | undefined): Buffer {
  return Buffer.from(base64 ?? '', 'base64')
}
