/** A program that a test started: what it says, waiting until it has said something, and its end. */
import type { ChildProcess } from 'node:child_process'

export class WatchedProcess {
  readonly process: ChildProcess
  /** Null where a signal ended it; everything it said has been heard by then. */
  readonly exitCode: Promise<number | null>
  readonly #name: string
  #output = ''
  #listeners: (() => void)[] = []

  /** @param name what it is, for errors: `the suite` */
  constructor(name: string, process: ChildProcess) {
    this.#name = name
    this.process = process
    this.exitCode = new Promise((resolve, reject) => {
      process.once('error', reject)
      process.once('close', resolve)
    })
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        for (const listener of this.#listeners) listener()
      })
    }
  }

  /** What it has said until now, on both streams. */
  get output(): string {
    return this.#output
  }

  /** Resolves when it has said this; rejects where it ends without. */
  async said(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const look = () => {
      if (this.#output.includes(text)) resolve(undefined)
    }
    this.#listeners.push(look)
    look()
    void this.exitCode.then((code) => {
      reject(new Error(`${this.#name} ended (exit code ${code}) without saying ${text}:\n${this.#output}`))
    }, reject)
    try {
      await promise
    } finally {
      this.#listeners = this.#listeners.filter((listener) => listener !== look)
    }
  }
}
