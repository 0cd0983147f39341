/**
 * A container's log while it grows, a few lines at a time: asking again and again outlives what ends a stream (proxies,
 * restarts of API servers and kubelets). The kubelet puts a time in front of each line, and gives all lines since a time,
 * in whole seconds.
 */
import type { Limits } from '../common/wait.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'

export interface LogPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

export class PodLog {
  readonly #client: ApiClient
  readonly #place: LogPlace
  /** RFC 3339 without a fraction, of the last line that was read. */
  #second = ''
  /** How many lines of that second were read. */
  #count = 0

  constructor(client: ApiClient, place: LogPlace) {
    this.#client = client
    this.#place = place
  }

  /**
   * The lines since the last call. None where nothing ran yet, or the pod is gone.
   * @throws ApiError 403 where it may not be read; TimeoutError; InterruptedError
   */
  async read(limits: Limits): Promise<string[]> {
    const { namespace, pod, container } = this.#place
    const query = new URLSearchParams({
      container,
      timestamps: 'true',
      ...(this.#second === '' ? {} : { sinceTime: this.#second }),
    })
    const path = `${apiPath('api', 'v1', 'namespaces', namespace, 'pods', pod, 'log')}?${query.toString()}`
    const request = { method: 'GET', path, answer: 'text', doing: `reading the log of pod ${pod}` } as const
    try {
      const answer = await this.#client.send(request, limits)
      return this.#take(typeof answer === 'string' ? answer : '')
    } catch (error) {
      // 400 is a container that waits to start.
      if (isApiError(error, 400, 404)) return []
      throw error
    }
  }

  #take(text: string): string[] {
    let known = this.#count
    const news: string[] = []
    for (const line of text.split('\n')) {
      const [, day = '', zone = '', words = ''] = /^(\S+?)(?:\.\d+)?(Z|[-+]\d\d:\d\d) (.*)$/.exec(line) ?? []
      if (day === '') continue
      const second = day + zone
      if (second === this.#second && known > 0) {
        known -= 1
        continue
      }
      this.#count = second === this.#second ? this.#count + 1 : 1
      if (second !== this.#second) known = 0
      this.#second = second
      news.push(words)
    }
    return news
  }
}
