/** What a Job's pod writes while it runs: to print, or to say now and then how far it is. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../cluster/api-client.ts'
import { PodLog } from '../cluster/pod-log.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { TimeoutError } from '../common/errors.ts'
import { plainText } from '../common/text.ts'
import type { Limits } from '../common/wait.ts'
import { timeouts } from '../model/timeouts.ts'

/** Milliseconds between two looks at the log. */
const PAUSE = 2000

export interface JobLogOptions {
  readonly client: ApiClient
  readonly namespace: string
  /** Gets each line; without it only the last one is remembered. */
  readonly print?: (line: string) => void
}

export class JobLog {
  readonly #options: JobLogOptions
  #log: PodLog | undefined
  #lastLine = ''
  /** Reads follow one another: two at once would tell the same lines. */
  #reading: Promise<void> = Promise.resolve()

  constructor(options: JobLogOptions) {
    this.#options = options
  }

  /** The last line that was read; empty where none was. */
  get lastLine(): string {
    return this.#lastLine
  }

  /** The pod that the Job runs; its first one counts, a Job of the checkup has no other. */
  found({ metadata, spec }: Pod): void {
    const { client, namespace } = this.#options
    const container = spec?.containers?.[0]?.name ?? ''
    this.#log ??= new PodLog(client, { namespace, pod: metadata.name, container })
  }

  /** Reads until the signal. @throws ApiError 403 where the log may not be read */
  async follow(limits: Limits): Promise<undefined> {
    while (!limits.signal.aborted) {
      await this.#read(limits)
      await sleep(PAUSE, undefined, { signal: limits.signal })
    }
  }

  /** What was written since the last look. Never throws: the end of the Job is what counts. */
  async readToEnd(limits: Limits): Promise<void> {
    await this.#read(limits).catch(() => undefined)
  }

  #read(limits: Limits): Promise<void> {
    const read = this.#reading.catch(() => undefined).then(() => this.#readOnce(limits))
    this.#reading = read
    return read
  }

  async #readOnce({ signal }: Limits): Promise<void> {
    for (const line of await this.#news({ signal, timeout: timeouts.apiRequest })) {
      const text = plainText(line)
      if (text.trim() !== '') this.#lastLine = text.trim()
      this.#options.print?.(text)
    }
  }

  /** A kubelet that does not answer has nothing to tell; the Job is waited for all the same. */
  async #news(limits: Limits): Promise<readonly string[]> {
    try {
      return (await this.#log?.read(limits)) ?? []
    } catch (error) {
      if (error instanceof TimeoutError) return []
      throw error
    }
  }
}
