/** Progress lines of long work. */
import { formatDuration } from './duration.ts'

/** Milliseconds. No program is silent for more than 30 s; the margin is for late timers on a busy machine. */
export const HEARTBEAT_INTERVAL = 20_000

export interface HeartbeatOptions {
  readonly tell: (line: string) => void
  /** The current work, e.g. `waiting for node x to boot`; the elapsed time follows it. */
  readonly what: string
  /** The state seen last; omitted if empty. Default: the last progress line. */
  readonly lastSeen?: () => string
  /** Milliseconds without a line. Default: `HEARTBEAT_INTERVAL`. */
  readonly every?: number
}

/**
 * Runs the work and passes on its progress lines. After each interval without a line it prints `WHAT, for TIME: LAST
 * SEEN`, until the work has ended or failed.
 */
export async function withHeartbeat<T>(
  options: HeartbeatOptions,
  work: (tell: (line: string) => void) => Promise<T>,
): Promise<T> {
  let lastLine = ''
  const { tell, what, lastSeen = () => lastLine, every = HEARTBEAT_INTERVAL } = options
  const started = performance.now()
  const timer = setInterval(() => {
    const seen = lastSeen()
    const time = formatDuration(performance.now() - started)
    tell(`${what}, for ${time}${seen === '' ? '' : `: ${seen}`}`)
  }, every)
  try {
    return await work((line) => {
      lastLine = line
      timer.refresh()
      tell(line)
    })
  } finally {
    clearInterval(timer)
  }
}
