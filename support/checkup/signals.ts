/**
 * What SIGINT, SIGTERM and SIGHUP mean to a run. Listening for them is also what keeps mocha from dying of them at
 * once.
 */

/** One Ctrl-C arrives more than once: from the terminal, and passed on by npm or a shell in between. */
const SAME_SIGNAL_MS = 1000

const REMOVING = 'the testbed is being removed; once more ends at once and leaves it behind'

/**
 * The first signal interrupts, the second one warns, the third one ends the process at once.
 * @param warning what the second one is told
 */
export function listenForSignals(
  interrupt: (signal: NodeJS.Signals) => void,
  warning: string = REMOVING,
): void {
  let signals = 0
  let lastSignal = -Infinity
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now()
    const isEcho = now - lastSignal < SAME_SIGNAL_MS
    lastSignal = now
    if (isEcho) return
    signals += 1
    if (signals === 1) interrupt(signal)
    else if (signals === 2) console.error(warning)
    else process.exit(2)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', (signal) => {
    // The terminal was closed: what is still said to it is an error that must not end the teardown.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
    onSignal(signal)
  })
}
