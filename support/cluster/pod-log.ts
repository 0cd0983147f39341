/**
 * Reads a container's log while it grows. Repeated requests survive what ends a stream (proxies, restarts of API
 * servers and kubelets). The kubelet puts a timestamp before each line, and returns all lines since a time in whole
 * seconds.
 */
import type { Limits } from '../common/wait.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'

export interface ContainerRef {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

export class PodLog {
  readonly #client: ApiClient
  readonly #container: ContainerRef
  /** The second of the last line read, in RFC 3339 without a fraction. */
  #second = ''
  /** The number of lines read of that second. */
  #count = 0

  constructor(client: ApiClient, container: ContainerRef) {
    this.#client = client
    this.#container = container
  }

  /**
   * The lines since the last call; none if no container has run yet, or the pod is gone.
   * @throws ApiError 403 if the account may not read it; TimeoutError; InterruptedError
   */
  async read(limits: Limits): Promise<string[]> {
    const { namespace, pod, container } = this.#container
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
      // 400: the container waits to start.
      if (isApiError(error, 400, 404)) return []
      throw error
    }
  }

  #take(text: string): string[] {
    let known = this.#count
    const news: string[] = []
    for (const line of text.split('\n')) {
      const [, day = '', zone = '', text = ''] = /^(\S+?)(?:\.\d+)?(Z|[-+]\d\d:\d\d) (.*)$/.exec(line) ?? []
      if (day === '') continue
      const second = day + zone
      if (second === this.#second && known > 0) {
        known -= 1
        continue
      }
      this.#count = second === this.#second ? this.#count + 1 : 1
      if (second !== this.#second) known = 0
      this.#second = second
      news.push(text)
    }
    return news
  }
}
