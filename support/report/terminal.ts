/** The progress of this process: which kind it is, and the one that suite and reporter share. */
import { attach } from './attachments.ts'
import type { Progress, ProgressOptions } from './progress.ts'
import { PlainProgress } from './progress-plain.ts'
import { TtyProgress } from './progress-tty.ts'
import { secrets } from '../common/secrets.ts'
import { RunLog } from './run-log.ts'

/** A redrawn line on a terminal, a line now and then everywhere else. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, env } = options
  return stream.isTTY === true && env['TERM'] !== 'dumb'
    ? new TtyProgress(options)
    : new PlainProgress(options)
}

let shared: Progress | undefined

/** The one progress of this process, on stderr; suite and reporter write through it and never past it. */
export function terminal(): Progress {
  if (shared === undefined) {
    const log = new RunLog(createProgress({ stream: process.stderr, env: process.env, secrets }))
    attach('run.log', () => log.text())
    shared = log
  }
  return shared
}
