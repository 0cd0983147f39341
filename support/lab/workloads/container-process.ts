/** A running container: what it writes goes to its log, signals reach all of it, and its end is told once. */
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { ContainerLog } from './container-log.ts'

export interface ContainerProcessOptions {
  /** Whether it writes to descriptor 3 once the program begins; otherwise it has begun when it is there. */
  readonly saysWhenStarted: boolean
}

export class ContainerProcess {
  /** Rejects with what it said where it ended before the program began. */
  readonly started: Promise<void>
  /** As a shell tells it: 128 and the signal's number where a signal ended it. */
  readonly exitCode: Promise<number>
  readonly #child: ChildProcess
  #ended = false

  constructor(child: ChildProcess, log: ContainerLog, { saysWhenStarted }: ContainerProcessOptions) {
    this.#child = child
    let hasBegun = !saysWhenStarted
    let before = ''
    const begun = Promise.withResolvers<undefined>()
    const begin = () => {
      hasBegun = true
      begun.resolve(undefined)
    }
    if (saysWhenStarted) (child.stdio[3] as Readable).once('data', begin)
    else child.once('spawn', begin)
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (hasBegun) log.write(stream, text)
        else before += text
      })
    const ended = Promise.withResolvers<number>()
    child.once('error', (error) => {
      begun.reject(error)
      this.#ended = true
      ended.resolve(128)
    })
    // Those it leaves behind would keep its streams open: the first process's end is the container's.
    child.once('exit', () => {
      this.kill('SIGKILL')
    })
    child.once('close', (code, signal) => {
      this.#ended = true
      begun.reject(new Error(before.trim() || 'it ended before it began'))
      log.end()
      ended.resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
    this.started = begun.promise
    this.exitCode = ended.promise
    // Whoever asks hears of it; until then nobody does.
    this.started.catch(() => undefined)
  }

  /** To every process of the container. */
  kill(signal: NodeJS.Signals): void {
    if (this.#ended || this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // It ended by itself just now.
    }
  }
}
