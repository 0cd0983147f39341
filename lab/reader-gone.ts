/**
 * Whether the reader of this process's output has gone (`npm run --silent lab | head -3`). A program that has printed
 * all it has to say learns nothing of a broken pipe, and Node.js cannot ask for one. coreutils' tail can: it watches its
 * own output while it follows a file, and ends by SIGPIPE.
 */
import { spawn } from 'node:child_process'
import { fstatSync } from 'node:fs'

/** Resolves when an abort signal fires or the reader of stdout has gone. */
export async function untilEnd(interrupted: AbortSignal): Promise<void> {
  let stop: () => void = () => undefined
  await new Promise<void>((resolve) => {
    const end = () => {
      resolve()
    }
    interrupted.addEventListener('abort', end)
    if (interrupted.aborted) end()
    else stop = watchReader(end)
  })
  stop()
}

/** Without a pipe, or without coreutils, it never calls back. @returns a function that ends the watch */
function watchReader(onGone: () => void): () => void {
  if (!fstatSync(process.stdout.fd).isFIFO()) return () => undefined
  const args = [`--pid=${process.pid}`, '-f', '/dev/null']
  const watch = spawn('tail', args, { stdio: ['ignore', 'inherit', 'ignore'] })
  watch.once('error', () => undefined)
  watch.once('exit', (_code, signal) => {
    if (signal === 'SIGPIPE') onGone()
  })
  return () => void watch.kill()
}
