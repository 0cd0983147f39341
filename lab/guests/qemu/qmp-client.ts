/** QEMU's machine protocol (QMP): commands with answers, and events. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { z } from 'zod'
import { LabError } from '../../lab-error.ts'
import { onLines } from './socket.ts'

export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Message {
  readonly QMP?: unknown
  readonly event?: string
  readonly data?: Record<string, unknown>
  readonly return?: unknown
  readonly error?: { readonly class: string; readonly desc: string }
  readonly id?: number
}

export class QmpClient {
  readonly #socket: Socket
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #events = new EventEmitter<{ event: [QmpEvent] }>()
  readonly #greeting = Promise.withResolvers<unknown>()
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    onLines(socket, (line) => {
      this.#receive(JSON.parse(line) as Message)
    })
    const lost = () => {
      const error = new LabError('qmp-lost', 'QEMU closed its control connection.')
      this.#greeting.reject(error)
      for (const { reject } of this.#pending.values()) reject(error)
      this.#pending.clear()
    }
    // 'close' always follows an error and rejects the pending commands.
    socket.on('error', () => undefined).once('close', lost)
    this.#greeting.promise.catch(() => undefined)
  }

  /** Resolves when commands can be sent. @param socket already connected */
  static async open(socket: Socket): Promise<QmpClient> {
    const client = new QmpClient(socket)
    await client.#greeting.promise
    await client.execute('qmp_capabilities')
    return client
  }

  /** @throws LabError `qmp` with QEMU's message, `qmp-lost` if QEMU has ended */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    if (this.#socket.destroyed) answer.reject(new LabError('qmp-lost', 'QEMU is gone.'))
    else this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
    try {
      return await answer.promise
    } finally {
      this.#pending.delete(id)
    }
  }

  onEvent(listener: (event: QmpEvent) => void): void {
    this.#events.on('event', listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(message: Message): void {
    if (message.QMP !== undefined) this.#greeting.resolve(message.QMP)
    else if (message.event !== undefined)
      this.#events.emit('event', { name: message.event, data: message.data ?? {} })
    else if (message.error !== undefined)
      this.#answered(message.id)?.reject(new LabError('qmp', `QEMU refused: ${message.error.desc}`))
    else this.#answered(message.id)?.resolve(message.return)
  }

  #answered(id: number | undefined): PromiseWithResolvers<unknown> | undefined {
    return id === undefined ? undefined : this.#pending.get(id)
  }
}

const cpusSchema = z.array(z.object({ 'thread-id': z.number().int().positive() }))

/** Numbers of the threads that run a guest's CPUs, from QEMU's answer to `query-cpus-fast`. */
export function cpuThreads(answer: unknown): number[] {
  return cpusSchema.parse(answer).map((cpu) => cpu['thread-id'])
}

const count = z.number().nonnegative()
const blockStatsSchema = z.array(
  z.object({
    stats: z.object({ rd_operations: count, wr_operations: count, flush_operations: count }),
  }),
)

/** The number of operations on all disks of a guest, from QEMU's answer to `query-blockstats`. */
export function diskOperations(answer: unknown): number {
  return blockStatsSchema
    .parse(answer)
    .reduce((sum, { stats }) => sum + stats.rd_operations + stats.wr_operations + stats.flush_operations, 0)
}
