/**
 * Runs a slow program while a user waits at the terminal. Plain JavaScript, because bootstrap.mjs runs it before any
 * package is installed; afterwards heartbeat.ts is used.
 */
import { spawn } from 'node:child_process'

/** Milliseconds; below 30 s, the longest silence allowed. */
const HEARTBEAT_INTERVAL = 20_000

/**
 * Runs a program to its end, and repeatedly prints to stderr that it still runs.
 * @param {string} what e.g. `installing npm packages`
 * @param {readonly [program: string, ...args: string[]]} commandLine
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<boolean>} whether it ended with exit code 0; false if it could not be started
 */
export async function runWithHeartbeat(
  what,
  [program, ...args],
  options,
  every = HEARTBEAT_INTERVAL,
  tell = console.error,
) {
  const started = Date.now()
  const telling = setInterval(() => {
    tell(`still ${what}, for ${Math.round((Date.now() - started) / 1000)} s`)
  }, every)
  try {
    const child = spawn(program, args, options)
    return await new Promise((resolve) => {
      child.once('error', () => resolve(false))
      child.once('close', (code) => resolve(code === 0))
    })
  } finally {
    clearInterval(telling)
  }
}
