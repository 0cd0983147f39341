/** Reads the log of a Job's pod while it runs: to print it, or to report the progress now and then. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../cluster/api-client.ts'
import { PodLog } from '../cluster/pod-log.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { TimeoutError } from '../common/errors.ts'
import { plainText } from '../common/text.ts'
import type { Limits } from '../common/wait.ts'
import { timeouts } from '../model/timeouts.ts'

/** Milliseconds between two requests for the log. */
const PAUSE = 2000

export interface JobLogOptions {
  readonly client: ApiClient
  readonly namespace: string
  /** Gets each line; undefined: only the last line is kept. */
  readonly print?: (line: string) => void
}

export class JobLog {
  readonly #options: JobLogOptions
  #log: PodLog | undefined
  #lastLine = ''
  /** One request at a time: two at once would return the same lines. */
  #reading: Promise<void> = Promise.resolve()

  constructor(options: JobLogOptions) {
    this.#options = options
  }

  /** The last line read; empty before the first one. */
  get lastLine(): string {
    return this.#lastLine
  }

  /** Sets the pod whose log is read. Only the first call counts: a Job of the checkup has one pod. */
  found({ metadata, spec }: Pod): void {
    const { client, namespace } = this.#options
    const container = spec?.containers?.[0]?.name ?? ''
    this.#log ??= new PodLog(client, { namespace, pod: metadata.name, container })
  }

  /** Reads until the signal. @throws ApiError 403 if the user may not read the log */
  async follow(limits: Limits): Promise<undefined> {
    while (!limits.signal.aborted) {
      await this.#read(limits)
      await sleep(PAUSE, undefined, { signal: limits.signal })
    }
  }

  /** Reads the rest of the log. Never throws, because the Job's result matters more. */
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

  /** New lines; none if the kubelet does not answer, because the wait for the Job continues anyway. */
  async #news(limits: Limits): Promise<readonly string[]> {
    try {
      return (await this.#log?.read(limits)) ?? []
    } catch (error) {
      if (error instanceof TimeoutError) return []
      throw error
    }
  }
}
