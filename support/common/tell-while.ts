/** Work that takes long says so while it goes on. */
import { formatDuration } from './duration.ts'

/** Milliseconds. Nothing is silent for more than 30 s, and a busy machine's timers are late. */
export const TELL_EVERY = 20_000

export interface TellOptions {
  readonly tell: (line: string) => void
  /** What goes on, as it stands in front of its time, e.g. `waiting for node x to boot`. */
  readonly what: string
  /** What was seen of it last, nothing where it is empty. Default: what the work told last. */
  readonly lastSeen?: () => string
  /** Milliseconds without a line. Default: `TELL_EVERY`. */
  readonly every?: number
}

/**
 * Runs the work, passes on what it tells, and tells `WHAT, for TIME: LAST SEEN` after each while in which it told
 * nothing, until it has ended, well or not.
 */
export async function tellWhile<T>(
  options: TellOptions,
  work: (tell: (line: string) => void) => Promise<T>,
): Promise<T> {
  let told = ''
  const { tell, what, lastSeen = () => told, every = TELL_EVERY } = options
  const started = performance.now()
  const timer = setInterval(() => {
    const seen = lastSeen()
    const time = formatDuration(performance.now() - started)
    tell(`${what}, for ${time}${seen === '' ? '' : `: ${seen}`}`)
  }, every)
  try {
    return await work((line) => {
      told = line
      timer.refresh()
      tell(line)
    })
  } finally {
    clearInterval(timer)
  }
}
