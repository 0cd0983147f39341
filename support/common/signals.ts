/** What ends a command before its time: a signal, or a pipe that nobody reads any more (`npm start | head -3`). */

/** One Ctrl-C arrives more than once: from the terminal, and passed on by npm or a shell in between. */
const SAME_SIGNAL_MS = 1000

/** How a stream says that its reader is gone: a pipe's, a terminal's that was closed, a socket's. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

const REMOVING = 'the testbed is being removed; once more ends at once and leaves it behind'

/**
 * Calls back for each SIGINT, SIGTERM and SIGHUP, without echoes, and says how many there were. Where nobody reads what
 * this process says, it calls back with SIGPIPE, which ends other programs then; only as the first interruption, because
 * a broken pipe is no user who asks again. What is still said to nobody is no error.
 */
export function onInterruption(listener: (signal: NodeJS.Signals, count: number) => void): void {
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
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, arrived)
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

/** `interrupted by SIGTERM`, as all commands say it. */
export function interruptedBy(signal: NodeJS.Signals): string {
  return signal === 'SIGPIPE'
    ? 'interrupted by a broken pipe: nobody reads the output any more'
    : `interrupted by ${signal}`
}

/**
 * For a run, which has something to remove. The first signal interrupts, the second one warns, the third one ends the
 * process at once. Listening for them is also what keeps mocha from dying of them.
 * @param warning what the second one is told
 */
export function listenForSignals(
  interrupt: (signal: NodeJS.Signals) => void,
  warning: string = REMOVING,
): void {
  onInterruption((signal, count) => {
    if (count === 1) interrupt(signal)
    else if (count === 2) console.error(warning)
    else process.exit(2)
  })
}

/**
 * For a command that makes nothing which it would have to remove: aborts on the first signal with `interrupted by SIGINT`
 * and, behind it, what goes on all the same. Another one ends the process at once, with exit code 2.
 */
export function abortOnSignals(note = ''): AbortSignal {
  const interrupted = new AbortController()
  onInterruption((signal, count) => {
    if (count > 1) process.exit(2)
    interrupted.abort(new Error(interruptedBy(signal) + note))
  })
  return interrupted.signal
}
