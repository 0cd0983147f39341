/**
 * Progress for Sonobuoy's worker, which listens on localhost at the port in SONOBUOY_PROGRESS_PORT (vmware-tanzu,
 * sonobuoy-plugins: examples/progress-reporter, plugin-helper). `sonobuoy status` shows it.
 */
import { isUnmet } from '../../model/criterion-result.ts'
import type { Report } from '../../model/report.ts'

/** Milliseconds. A worker that does not answer must not hold up the run. */
const LONGEST_ANSWER = 5000

/** The fields of an update; the worker adds plugin, node and time. */
interface Update {
  readonly msg: string
  readonly total?: number
  readonly completed?: number
  readonly failures?: readonly string[]
}

export class Progress {
  readonly #url: string | undefined
  #latest: Update | undefined
  #sending: Promise<void> | undefined

  /** @param port undefined: nobody listens */
  constructor(port: string | undefined) {
    this.#url = port === undefined || !/^\d+$/.test(port) ? undefined : `http://localhost:${port}/progress`
  }

  line(text: string): void {
    this.#update({ msg: text })
  }

  /** Resolves when the last update was sent, or was given up. */
  async end({ criteria, verdict }: Pick<Report, 'criteria' | 'verdict'>): Promise<void> {
    const failures = criteria.filter(isUnmet).map(({ id }) => id)
    this.#update({
      msg: verdict,
      total: criteria.length,
      completed: criteria.length - failures.length,
      failures,
    })
    await this.#sending
  }

  /** While one update is sent, only the latest of the others waits. */
  #update(update: Update): void {
    if (this.#url === undefined) return
    this.#latest = update
    this.#sending ??= this.#send(this.#url).finally(() => (this.#sending = undefined))
  }

  async #send(url: string): Promise<void> {
    for (let update = this.#latest; update !== undefined; update = this.#latest) {
      this.#latest = undefined
      try {
        const signal = AbortSignal.timeout(LONGEST_ANSWER)
        await fetch(url, { method: 'POST', body: JSON.stringify(update), signal })
      } catch {
        // Progress is a courtesy: without it, the result is the same.
      }
    }
  }
}
