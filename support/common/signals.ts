/** What ends a program before its time: a signal, or a pipe that nobody reads any more (`npm start | head -3`). */
import { EXIT_CODE } from './exit-code.ts'

/** Those by which people, terminals and Kubernetes end a program. `support/cli/bootstrap.mjs` passes the same on. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[]

/** One Ctrl-C arrives more than once: from the terminal, and passed on by npm or a shell in between. */
const SAME_SIGNAL_MS = 1000

/** How a stream says that its reader is gone: a pipe's, a terminal's that was closed, a socket's. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/** What the signals behind the first one do, which always asks the program to end. */
export type Again =
  /** The second one ends the process at once: there is nothing that it would leave behind. */
  | 'ends'
  /** Nothing: what the program takes down in its end must not be left behind. */
  | 'is ignored'
  /** The second one is told this, the third one ends the process at once. */
  | { readonly warning: string }

export interface InterruptionOptions {
  readonly again: Again
  /** Stands behind `interrupted by SIGINT`: what goes on all the same. */
  readonly note?: string
}

/** For a mocha run. */
export const TESTBED_IS_REMOVED: Again = {
  warning: 'the testbed is being removed; once more ends at once and leaves it behind',
}

/**
 * Calls back for the first signal. Listening is also what keeps Node, and mocha, from dying of them.
 */
export function onFirstSignal(again: Again, interrupt: (signal: NodeJS.Signals) => void): void {
  onSignals((signal, count) => {
    if (count === 1) interrupt(signal)
    else if (again === 'is ignored') return
    else if (again === 'ends' || count > 2) process.exit(EXIT_CODE.error)
    else console.error(again.warning)
  })
}

/** Why a program ends before its time. */
export class Interruption extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals, note: string) {
    super(interruptedBy(signal) + note)
    this.signal = signal
  }
}

/** The same as a signal that aborts, with an `Interruption` as its reason. */
export function abortOnSignals({ again, note = '' }: InterruptionOptions): AbortSignal {
  const interrupted = new AbortController()
  onFirstSignal(again, (signal) => {
    interrupted.abort(new Interruption(signal, note))
  })
  return interrupted.signal
}

/** For a program that ends when its starter does: a terminal's Ctrl-C reaches both, and means the starter. */
export function ignoreSignals(): void {
  for (const signal of SIGNALS) process.on(signal, () => undefined)
}

/**
 * Calls back for each signal, without echoes, and says how many there were. Where nobody reads what this process says,
 * it calls back with SIGPIPE, which ends other programs then; only as the first interruption, because a broken pipe is
 * no user who asks again. What is still said to nobody is no error.
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

/** Calls back when a reader of this process's output has gone; errors of writing to it end nothing by themselves. */
export function onReaderGone(listener: () => void = () => undefined): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (READER_GONE.has(code)) listener()
    })
}

/** `interrupted by SIGTERM`, as all programs say it. */
export function interruptedBy(signal: NodeJS.Signals): string {
  return signal === 'SIGPIPE'
    ? 'interrupted by a broken pipe: nobody reads the output any more'
    : `interrupted by ${signal}`
}
