/** What SIGINT, SIGTERM and SIGHUP mean to a command that makes nothing which a run of its own would have to remove. */

/** One Ctrl-C arrives more than once: from the terminal, and passed on by npm or a shell in between. */
const SAME_SIGNAL_MS = 1000

/**
 * Aborts on the first signal with `interrupted by SIGINT` and, behind it, what goes on all the same. Another one ends the
 * process at once, with exit code 2.
 */
export function abortOnSignals(note = ''): AbortSignal {
  const interrupted = new AbortController()
  let firstAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The terminal was closed: what is still said to it is an error that must not become the command's.
      if (signal === 'SIGHUP')
        for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
      if (firstAt !== undefined && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(2)
      firstAt ??= performance.now()
      interrupted.abort(new Error(`interrupted by ${signal}${note}`))
    })
  }
  return interrupted.signal
}
