/** A lock between processes. The kernel releases it when its holder dies. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { LabError } from '../lab-error.ts'
import { HEARTBEAT_INTERVAL } from '../../support/common/heartbeat.ts'

/**
 * Waits for the lock on a file and holds it until disposed of. Creates the file.
 * @param onWaiting called repeatedly while another process holds the lock, first after a second
 */
export async function lockFile(
  path: string,
  options: { readonly signal: AbortSignal; readonly onWaiting: () => void },
): Promise<AsyncDisposable> {
  const { signal, onWaiting } = options
  signal.throwIfAborted()
  // flock(1) holds the lock as long as its child lives, and `cat` lives until this process's end of its stdin closes.
  // The kernel closes it too when this process is killed.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const ended = once(holder, 'close').catch(() => undefined)
  const release = async () => {
    holder.stdin.destroy()
    // A flock that still waits for the lock does not read stdin.
    holder.kill('SIGTERM')
    await ended
  }
  const atFirst = setTimeout(onWaiting, 1000)
  const again = setInterval(onWaiting, HEARTBEAT_INTERVAL)
  try {
    const locked = await Promise.race([
      once(holder.stdout, 'data', { signal }).then(() => true),
      ended.then(() => false),
    ])
    if (!locked) throw new LabError('lock', `${path} could not be locked.`)
  } catch (error) {
    await release()
    signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(atFirst)
    clearInterval(again)
  }
  return { [Symbol.asyncDispose]: release }
}
