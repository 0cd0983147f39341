/**
 * Mocha's root hooks: signals end the run with everything that belongs to an end, and whatever happened, the
 * testbed is removed. Listening for a signal is also what keeps mocha from dying of it at once.
 */
import { finish, interrupt } from './checkup.ts'

/** One Ctrl-C arrives more than once: from the terminal, and passed on by npm or a shell in between. */
const SAME_SIGNAL_MS = 1000

let signals = 0
let lastSignal = -Infinity

function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now()
  const isEcho = now - lastSignal < SAME_SIGNAL_MS
  lastSignal = now
  if (isEcho) return
  signals += 1
  if (signals === 1) interrupt(signal)
  else if (signals === 2)
    console.error('the testbed is being removed; once more ends at once and leaves it behind')
  else process.exit(2)
}

process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)

export const mochaHooks = {
  afterAll: finish,
}
