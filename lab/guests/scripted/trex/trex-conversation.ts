/**
 * The requests and answers between a console and its server, as `verbose on` shows them, with those of its second
 * thread.
 */
import { randomBytes } from 'node:crypto'
import { requestSent, responseReceived } from './trex-output.ts'
import type { ServerEvent } from './trex-server.ts'

export interface Request {
  readonly method: string
  readonly params: object
}

const API_HANDLE = 'pa3BV5i8'
/** Milliseconds without an event after which the second thread sends a request anyway. */
const EVENTS_EVERY_MS = 5000
const KEEP_ALIVE: ServerEvent = { text: '', level: 'info', port: 0, type: 10 }

export class Conversation {
  isVerbose = false
  readonly #write: (text: string) => void
  readonly #prompt: () => string
  readonly #eventsTear: boolean
  readonly #untold: (() => string)[] = []
  #heardAt = performance.now()
  #answers = 0

  /** @param eventsTear whether an event interrupts every third answer */
  constructor(write: (text: string) => void, prompt: () => string, eventsTear: boolean) {
    this.#write = write
    this.#prompt = prompt
    this.#eventsTear = eventsTear
  }

  /** Shows requests and their answers: a single one as an object, several as an array. */
  show(requests: readonly Request[], results: readonly object[]): void {
    if (!this.isVerbose) return
    const ids = requests.map(() => randomId())
    const sent = requests.map(({ method, params }, index) => ({
      id: ids[index],
      jsonrpc: '2.0',
      method,
      params: { api_h: API_HANDLE, ...params },
    }))
    const received = results.map((result, index) => ({ id: ids[index], jsonrpc: '2.0', result }))
    // Requests for ports' statistics are always a batch; the answer to a batch of one is an object.
    const isBatch = requests[0]?.method === 'get_port_stats'
    const text =
      requestSent(isBatch ? sent : sent[0]) + responseReceived(received.length === 1 ? received[0] : received)
    this.#answers += 1
    this.#write(this.#eventsTear && this.#answers % 3 === 0 ? this.#torn(text) : text)
  }

  /**
   * Call when the second thread receives an event. It then requests the event's data, and prints its request and the
   * answer, each followed by a prompt, in the middle of whatever is printed next (see `intrude`).
   */
  hearOf(event: ServerEvent): void {
    this.#heardAt = performance.now()
    this.#untold.push(...this.#noise(event))
  }

  /**
   * Call at a point where the second thread may print. It prints what is pending, and every 5 s without an event.
   * @returns whether it printed
   */
  intrude(): boolean {
    if (!this.isVerbose) return false
    if (performance.now() - this.#heardAt > EVENTS_EVERY_MS) this.hearOf(KEEP_ALIVE)
    const noise = this.#untold.shift()
    if (noise === undefined) return false
    this.#write(noise())
    return true
  }

  #torn(text: string): string {
    const middle = Math.floor(text.length / 2)
    const noise = this.#noise(KEEP_ALIVE)
      .map((part) => part())
      .join('')
    return `${text.slice(0, middle)}${noise}${text.slice(middle)}`
  }

  #noise({ port, type }: ServerEvent): (() => string)[] {
    const id = randomId()
    const params = { api_h: API_HANDLE, session_id: randomBytes(4).readUInt32BE(), user: 'sub' }
    const data = [{ data: { port_id: port, profile_id: '_' }, name: 'trex-event', seq: 2, type }]
    const request = requestSent({ id, jsonrpc: '2.0', method: 'get_async_events', params })
    const response = responseReceived({ id, jsonrpc: '2.0', result: { data } })
    return [request, response].map((part) => () => `\n\n${part}\n${this.#prompt()}`)
  }
}

function randomId(): string {
  return randomBytes(4).toString('hex')
}
