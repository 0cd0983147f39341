/** Reads a console: waits for patterns in its output, in linear time and bounded memory. */
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { type Awaited, type ErrorFacts, SuiteError } from '../../common/errors.ts'
import { formatDuration } from '../../common/duration.ts'
import { type Limits, withLimits } from '../../common/wait.ts'
import {
  type Excerpts,
  fullText,
  quoteTail,
  type Sentence,
  shortText,
  renderSentence,
} from '../../common/sentence.ts'
import { KernelLineFilter } from './terminal-text.ts'

/** The position of a match in the searched window. */
export interface Found<T> {
  readonly start: number
  readonly end: number
  readonly value: T
  /**
   * Milliseconds of silence after which the match counts, for a match that may be accidental if output follows (a
   * prompt in the middle of a line). Output that arrives in the meantime is searched again.
   */
  readonly settle?: number
}

export interface Pattern<T> {
  /** Characters before new text at which a match may start: the length of the longest match, plus its lookbehind. */
  readonly overlap: number
  /** @param offset characters of this wait's output before the window. */
  find(window: string, offset: number): Found<T> | undefined
}

export interface ReadOptions extends Limits {
  /** Completes "waiting for …". */
  readonly claim: Sentence
  /** The same, for code. */
  readonly awaited?: Awaited | undefined
  /** An addition to the message of this wait's errors. */
  readonly facts?: () => ErrorFacts
  /** Characters of output after which the wait fails with `output-too-large`. */
  readonly maxOutput: number
  /** Whether to drop the output, of any length. */
  readonly drop?: boolean
}

export interface Read<T> {
  readonly value: T
  /** Everything from the end of the last match to the start of this one. */
  readonly before: string
}

/** Unread output (of a background job, of the kernel) is kept up to this number of characters. */
const MAX_UNREAD = 256 * 1024
const RECENT = 1024

interface Wait {
  feed(text: string): void
  fail(error: Error): void
}

/** One wait at a time. Output after a match is kept for the next wait. */
export class ConsoleReader {
  readonly #stream: ConsoleStream
  readonly #guest: string
  readonly #hidden: RegExp | undefined
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #kernelLines: KernelLineFilter | undefined
  #unread: string[] = []
  #unreadLength = 0
  #recent = ''
  #wait: Wait | undefined
  #lost: SuiteError | undefined

  /** @param hidden texts that are left out when output is quoted */
  constructor(stream: ConsoleStream, guest: string, hidden?: RegExp) {
    this.#stream = stream
    this.#guest = guest
    this.#hidden = hidden
    stream.onOutput((bytes) => {
      this.#receive(bytes)
    })
    void stream.closed.then((reason) => {
      const facts = {
        loss: 'connection' as const,
        ...(reason instanceof SuiteError ? reason.facts : {}),
        guest,
      }
      const message = reason?.message ?? `the console of the ${guest} was closed`
      this.#lost = new SuiteError('console-lost', message, { cause: reason, facts })
      this.#wait?.fail(this.#lost)
    })
  }

  /** The error after which no more output comes; undefined while the console is open. */
  get lost(): SuiteError | undefined {
    return this.#lost
  }

  /** Whether the kernel's lines are removed from the output (see `KernelLineFilter`). */
  set dropsKernelLines(drop: boolean) {
    if (drop) this.#kernelLines ??= new KernelLineFilter()
    else if (this.#kernelLines !== undefined) {
      const held = this.#kernelLines.flush()
      this.#kernelLines = undefined
      this.#deliver(this.#decoder.decode(held, { stream: true }))
    }
  }

  write(text: string): void {
    this.#stream.write(text)
  }

  /** Unread output that was kept. */
  get unread(): string {
    return this.#unread.join('')
  }

  /** Drops unread output. */
  discard(): void {
    this.#recent = ''
    this.#forgetUnread()
  }

  #forgetUnread(): void {
    this.#unread = []
    this.#unreadLength = 0
  }

  /** The end of the output since the last match or `discard`, for a message. */
  seen(): string {
    return this.#hidden === undefined ? this.#recent : this.#recent.replace(this.#hidden, '')
  }

  /**
   * Waits for a pattern.
   * @throws TimeoutError, InterruptedError with the last characters seen; SuiteError `console-lost`,
   *   `output-too-large`.
   */
  async read<T>(pattern: Pattern<T>, options: ReadOptions): Promise<Read<T>> {
    const started = performance.now()
    const guest = this.#guest
    const { awaited, facts } = options
    const claim = (quote: Excerpts) =>
      `${renderSentence(options.claim, quote)} on the console of the ${guest}`
    const describe = () => {
      const elapsed = performance.now() - started
      const lastSeen = this.seen()
      return {
        sentence: (quote: Excerpts) =>
          `waiting for ${claim(quote)}: last saw ${quote.printed(lastSeen)} after ${formatDuration(elapsed)}`,
        facts: { guest, awaited, claim: shortText(claim).text, lastSeen, elapsed, ...facts?.() },
      }
    }
    const watch = () => ({ claim: fullText(claim), lastSeen: quoteTail(this.seen()) })
    const { signal, timeout } = options
    return withLimits({ signal, timeout, describe, watch }, (limited) =>
      this.#match(pattern, options, limited),
    )
  }

  #match<T>(pattern: Pattern<T>, options: ReadOptions, signal: AbortSignal): Promise<Read<T>> {
    if (this.#wait !== undefined) throw new Error('the console is already being waited on')
    const { promise, resolve, reject } = Promise.withResolvers<Read<T>>()
    const held: string[] = []
    let heldLength = 0
    let window = ''
    let timer: NodeJS.Timeout | undefined
    // A marker that has arrived only in part must still be found by the next wait.
    const giveUp = () => {
      if (this.#wait === wait) finish(window)
    }
    const finish = (rest: string) => {
      clearTimeout(timer)
      // A signal combined with another one stays in memory, with all objects its listeners reference, until they are
      // removed.
      signal.removeEventListener('abort', giveUp)
      this.#wait = undefined
      if (rest !== '') this.#putBack(rest)
    }
    const accept = (found: Found<T>) => {
      const rest = window.slice(found.end)
      this.#recent = rest.slice(-RECENT)
      finish(rest)
      held.push(window.slice(0, found.start))
      resolve({ value: found.value, before: held.join('') })
    }
    /** Cuts the window to the part in which a match may still start. @returns the number of characters cut */
    const trim = (needed: number): number => {
      const excess = Math.max(0, Math.min(window.length - pattern.overlap, needed))
      if (options.drop !== true) held.push(window.slice(0, excess))
      heldLength += excess
      window = window.slice(excess)
      return excess
    }
    const feed = (text: string) => {
      clearTimeout(timer)
      window += text
      const found = pattern.find(window, heldLength)
      if (found !== undefined && found.settle === undefined) {
        accept(found)
        return
      }
      const cut = trim(found?.start ?? window.length)
      if (found !== undefined) {
        const candidate = { ...found, start: found.start - cut, end: found.end - cut }
        timer = setTimeout(accept, found.settle, candidate)
      }
      if (options.drop === true || heldLength <= options.maxOutput) return
      finish('')
      const { claim, maxOutput } = options
      reject(
        new SuiteError(
          'output-too-large',
          (quote) => `${renderSentence(claim, quote)}: more than ${maxOutput} characters of output`,
          { facts: { guest: this.#guest } },
        ),
      )
    }
    if (signal.aborted) return promise
    signal.addEventListener('abort', giveUp)
    const wait: Wait = {
      feed,
      fail: (error) => {
        finish('')
        reject(error)
      },
    }
    this.#wait = wait
    const unread = this.#unread.join('')
    this.#forgetUnread()
    feed(unread)
    if (this.#lost !== undefined && this.#isWaiting(wait)) wait.fail(this.#lost)
    return promise
  }

  #isWaiting(wait: Wait): boolean {
    return this.#wait === wait
  }

  #receive(bytes: Uint8Array): void {
    const kept = this.#kernelLines === undefined ? bytes : this.#kernelLines.push(bytes)
    this.#deliver(this.#decoder.decode(kept, { stream: true }))
  }

  #deliver(text: string): void {
    if (text === '') return
    this.#recent = text.length >= RECENT ? text.slice(-RECENT) : (this.#recent + text).slice(-RECENT)
    if (this.#wait !== undefined) {
      this.#wait.feed(text)
      return
    }
    this.#unread.push(text)
    this.#unreadLength += text.length
    if (this.#unreadLength <= 2 * MAX_UNREAD) return
    this.#unread = [this.#unread.join('').slice(-MAX_UNREAD)]
    this.#unreadLength = MAX_UNREAD
  }

  #putBack(text: string): void {
    this.#unread.unshift(text)
    this.#unreadLength += text.length
  }
}

/** A fixed text, without lookaround. */
export function exactly(text: string): Pattern<undefined> {
  return {
    overlap: text.length,
    find(window) {
      const start = window.indexOf(text)
      return start === -1 ? undefined : { start, end: start + text.length, value: undefined }
    },
  }
}

/** The pattern that matches first; of two that match at the same place, the earlier in the list. */
export function firstOf<T>(...patterns: readonly Pattern<T>[]): Pattern<T> {
  return {
    overlap: Math.max(...patterns.map((pattern) => pattern.overlap)),
    find(window, offset) {
      let first: Found<T> | undefined
      for (const pattern of patterns) {
        const found = pattern.find(window, offset)
        if (found === undefined) continue
        // A match that must settle may still change; one that need not is certain.
        const certain = found.settle === undefined
        if (first === undefined || (certain && first.settle !== undefined)) first = found
        else if (certain === (first.settle === undefined) && found.start < first.start) first = found
      }
      return first
    },
  }
}
