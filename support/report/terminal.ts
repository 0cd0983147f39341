/** The progress of this process, shared by suite and reporter. */
import { attach } from './attachments.ts'
import type { Progress, ProgressOptions } from './progress.ts'
import { PlainProgress } from './progress-plain.ts'
import { TtyProgress } from './progress-tty.ts'
import { secrets } from '../common/secrets.ts'
import { RunLog } from './run-log.ts'

/** On a terminal a line that is redrawn, elsewhere a new line now and then. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, env } = options
  return stream.isTTY === true && env['TERM'] !== 'dumb'
    ? new TtyProgress(options)
    : new PlainProgress(options)
}

let shared: Progress | undefined

/** The only progress of this process, on stderr; suite and reporter print through it. */
export function terminal(): Progress {
  if (shared === undefined) {
    const log = new RunLog(createProgress({ stream: process.stderr, env: process.env, secrets }))
    attach('run.log', () => log.text())
    shared = log
  }
  return shared
}
