/** A lock between processes, which the kernel gives back when its holder dies. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { LabError } from '../lab-error.ts'
import { TELL_EVERY } from '../../support/common/tell-while.ts'

/**
 * Waits for the lock on a file (which it creates) and holds it until disposed of.
 * @param onWaiting called where somebody else holds it: after a second, then again and again
 */
export async function lockFile(
  path: string,
  options: { readonly signal: AbortSignal; readonly onWaiting: () => void },
): Promise<AsyncDisposable> {
  const { signal, onWaiting } = options
  signal.throwIfAborted()
  // flock(1) holds the lock as long as its child lives, and `cat` lives until our end of its stdin closes:
  // by us, or by the kernel when this process is killed.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const ended = once(holder, 'close').catch(() => undefined)
  const release = async () => {
    holder.stdin.destroy()
    // One that still waits for the lock reads nothing.
    holder.kill('SIGTERM')
    await ended
  }
  const atFirst = setTimeout(onWaiting, 1000)
  const again = setInterval(onWaiting, TELL_EVERY)
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
