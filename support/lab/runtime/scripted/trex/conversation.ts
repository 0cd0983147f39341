/** What `verbose on` shows of a console's conversation with its server, events of its second thread included. */
import { randomBytes } from 'node:crypto'
import { requestSent, responseReceived } from './output.ts'
import type { ServerEvent } from './server.ts'

export interface Request {
  readonly method: string
  readonly params: object
}

const API_HANDLE = 'pa3BV5i8'

export class Conversation {
  isVerbose = false
  readonly #write: (text: string) => void
  readonly #prompt: () => string
  readonly #eventsTear: boolean
  #answers = 0

  /** @param eventsTear every third answer is torn by an event */
  constructor(write: (text: string) => void, prompt: () => string, eventsTear: boolean) {
    this.#write = write
    this.#prompt = prompt
    this.#eventsTear = eventsTear
  }

  /** Requests and their answers: one as an object, several as an array. */
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
    // Statistics of ports go out as a batch even where it is one; a batch of one comes back as an object.
    const isBatch = requests[0]?.method === 'get_port_stats'
    const text =
      requestSent(isBatch ? sent : sent[0]) + responseReceived(received.length === 1 ? received[0] : received)
    this.#answers += 1
    this.#write(this.#eventsTear && this.#answers % 3 === 0 ? this.#torn(text) : text)
  }

  /** The second thread asks for an event: request, answer and prompts of its own. */
  overhear(event: ServerEvent): void {
    if (this.isVerbose) this.#write(this.#noise(event))
  }

  #torn(text: string): string {
    const middle = Math.floor(text.length / 2)
    const noise = this.#noise({ text: '', level: 'info', port: 0, type: 10 })
    return `${text.slice(0, middle)}${noise}${text.slice(middle)}`
  }

  #noise({ port, type }: ServerEvent): string {
    const id = randomId()
    const params = { api_h: API_HANDLE, session_id: randomBytes(4).readUInt32BE(), user: 'sub' }
    const data = [{ data: { port_id: port, profile_id: '_' }, name: 'trex-event', seq: 2, type }]
    const request = requestSent({ id, jsonrpc: '2.0', method: 'get_async_events', params })
    const response = responseReceived({ id, jsonrpc: '2.0', result: { data } })
    return [request, response].map((part) => `\n\n${part}\n${this.#prompt()}`).join('')
  }
}

function randomId(): string {
  return randomBytes(4).toString('hex')
}
