/** Interruptions of a program: signals, and output pipes whose reader has gone (`npm start | head -3`). */
import { EXIT_CODE } from './exit-code.ts'

/**
 * The signals by which users, terminals and Kubernetes end a program. `support/cli/bootstrap.mjs` forwards the same
 * ones.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[]

/** One Ctrl-C can arrive several times: from the terminal, and forwarded by npm or a shell. */
const SAME_SIGNAL_MS = 1000

/** Error codes of a stream whose reader is gone: a pipe's, a closed terminal's, a socket's. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/** What further signals do; the first one always asks the program to end. */
export type RepeatedSignal =
  /** The second signal ends the process at once: it has nothing to clean up. */
  | 'ends'
  /** Further signals are ignored, because the program must finish its cleanup. */
  | 'is ignored'
  /** The second signal prints this warning; the third ends the process at once. */
  | { readonly warning: string }

export interface InterruptionOptions {
  readonly again: RepeatedSignal
  /** Appended to `interrupted by SIGINT`: what the program still does. */
  readonly note?: string
}

/** The interruption of a mocha run. */
export const TESTBED_IS_REMOVED: RepeatedSignal = {
  warning: 'removing the testbed; press Ctrl-C again to quit now and leave it behind',
}

/**
 * Calls back for the first signal. A listener also keeps Node and mocha from ending on signals.
 */
export function onFirstSignal(again: RepeatedSignal, interrupt: (signal: NodeJS.Signals) => void): void {
  onSignals((signal, count) => {
    if (count === 1) interrupt(signal)
    else if (again === 'is ignored') return
    else if (again === 'ends' || count > 2) process.exit(EXIT_CODE.error)
    else console.error(again.warning)
  })
}

/** The reason why a program ends early. */
export class Interruption extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals, note: string) {
    super(interruptedBy(signal) + note)
    this.signal = signal
  }
}

/** An AbortSignal that aborts on the first signal, with an `Interruption` as its reason. */
export function abortOnSignals({ again, note = '' }: InterruptionOptions): AbortSignal {
  const interrupted = new AbortController()
  onFirstSignal(again, (signal) => {
    interrupted.abort(new Interruption(signal, note))
  })
  return interrupted.signal
}

/** Ignores signals in a program that its parent ends: Ctrl-C reaches both, and only the parent handles it. */
export function ignoreSignals(): void {
  for (const signal of SIGNALS) process.on(signal, () => undefined)
}

/**
 * Calls back for each signal, without its repetitions, with the number so far. If the reader of this process's output
 * has gone, it calls back with SIGPIPE, but only as the first interruption, because a broken pipe is not a user who
 * presses Ctrl-C again. A closed output is not an error.
 */
export function onSignals(listener: (signal: NodeJS.Signals, count: number) => void): void {
  let count = 0
  let last = -Infinity
  const arrived = (signal: NodeJS.Signals) => {
    const now = performance.now()
    const isEcho = now - last < SAME_SIGNAL_MS
    last = now
    if (isEcho) return
    count += 1
    listener(signal, count)
  }
  for (const signal of SIGNALS) process.on(signal, arrived)
  onReaderGone(() => {
    if (count === 0) arrived('SIGPIPE')
  })
}

/** Calls back when a reader of this process's output has gone. Write errors do not end the process. */
export function onReaderGone(listener: () => void = () => undefined): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (READER_GONE.has(code)) listener()
    })
}

/** `interrupted by SIGTERM`: the same text in all programs. */
export function interruptedBy(signal: NodeJS.Signals): string {
  return signal === 'SIGPIPE'
    ? 'interrupted by a broken pipe: the reader of the output is gone'
    : `interrupted by ${signal}`
}
