/**
 * A program that takes long while somebody waits at the terminal. Plain JavaScript, because bootstrap.mjs runs it before
 * there are any packages; what is there already has tell-while.ts.
 */
import { spawn } from 'node:child_process'

/** Milliseconds. Nothing is silent for more than 30 s. */
const TELL_EVERY = 20_000

/**
 * Runs it to its end and tells on stderr, again and again, what still goes on.
 * @param {string} what e.g. `installing npm packages`
 * @param {readonly [program: string, ...args: string[]]} commandLine
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<boolean>} whether it ended with exit code 0; not where it could not be started
 */
export async function toldStep(what, [program, ...args], options, every = TELL_EVERY, tell = console.error) {
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
