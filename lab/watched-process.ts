/** A program that a test started: its output, waiting for a text in it, and its end. */
import type { ChildProcess } from 'node:child_process'

export class WatchedProcess {
  readonly process: ChildProcess
  /** Null if a signal ended it. Resolves after all output has been read. */
  readonly exitCode: Promise<number | null>
  readonly #name: string
  #output = ''
  #listeners: (() => void)[] = []

  /** @param name for error messages, e.g. `the suite` */
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

  /** The output so far, of both streams. */
  get output(): string {
    return this.#output
  }

  /** Resolves when the output contains the text; rejects if the program ends before. */
  async said(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const check = () => {
      if (this.#output.includes(text)) resolve(undefined)
    }
    this.#listeners.push(check)
    check()
    void this.exitCode.then((code) => {
      reject(new Error(`${this.#name} ended (exit code ${code}) without saying ${text}:\n${this.#output}`))
    }, reject)
    try {
      await promise
    } finally {
      this.#listeners = this.#listeners.filter((listener) => listener !== check)
    }
  }
}
