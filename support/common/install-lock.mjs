/**
 * One start at a time installs what a machine lacks. Plain JavaScript, because bootstrap.mjs needs it before there are
 * any packages; what is there already has lab/guests/file-lock.ts.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Milliseconds after which a wait is told, and again. */
const TELL_AFTER = 500
const TELL_EVERY = 20_000

/**
 * Works while it holds the lock on a file (which it creates), which the kernel gives back however this process ends.
 * Where there is no flock(1), or no place for the file, it works without.
 * @param {string} path
 * @param {() => void} onWaiting called where another process holds it, again and again
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
  // flock holds it as long as its child lives, and that reads until our end of its input is closed.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => holder.once('error', resolve).once('close', resolve))
  const waiting = setTimeout(onWaiting, TELL_AFTER)
  const waitingStill = setInterval(onWaiting, TELL_EVERY)
  await Promise.race([new Promise((resolve) => holder.stdout.once('data', resolve)), ended])
  clearTimeout(waiting)
  clearInterval(waitingStill)
  return () => {
    holder.stdin.on('error', () => undefined).destroy()
    return ended
  }
}
