/**
 * Lets only one start at a time install what a machine lacks. Plain JavaScript, because bootstrap.mjs needs it before
 * any package is installed; afterwards lab/guests/file-lock.ts is used.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Milliseconds between two messages about the wait. */
const TELL_AFTER = 500
const HEARTBEAT_INTERVAL = 20_000

/**
 * Does the work while it holds the lock on a file (which it creates). The kernel releases the lock however this process
 * ends. Without flock(1), or if the file cannot be created, it works without a lock.
 * @param {string} path
 * @param {() => void} onWaiting called repeatedly while another process holds the lock
 * @param {() => Promise<void>} work
 */
export async function whileLocked(path, onWaiting, work) {
  const release = await lock(path, onWaiting)
  try {
    await work()
  } finally {
    await release()
  }
}

async function lock(path, onWaiting) {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch {
    return () => undefined
  }
  // flock holds the lock as long as its child runs, and the child runs until its input is closed.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => holder.once('error', resolve).once('close', resolve))
  const waiting = setTimeout(onWaiting, TELL_AFTER)
  const waitingStill = setInterval(onWaiting, HEARTBEAT_INTERVAL)
  await Promise.race([new Promise((resolve) => holder.stdout.once('data', resolve)), ended])
  clearTimeout(waiting)
  clearInterval(waitingStill)
  return () => {
    holder.stdin.on('error', () => undefined).destroy()
    return ended
  }
}
