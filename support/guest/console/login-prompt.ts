/** The login prompt where a shell should be: the guest rebooted, or the shell died. */
import type { Pattern } from './console-reader.ts'

const PROMPT = /(?:^|\n)[\w.-]{1,64} login: $/
/** A command may print such a line; only where nothing follows is it getty that waits. */
const SETTLE_MS = 3000

/**
 * The prompt itself is not taken from the line: whoever logs in next finds it there.
 * @param settle milliseconds for which nothing may follow; less is enough where no command prints anything
 */
export function shellGone<T>(value: T, settle = SETTLE_MS): Pattern<T> {
  return {
    overlap: 128,
    find(window) {
      if (!window.endsWith(' login: ')) return undefined
      const tail = PROMPT.exec(window.slice(-100))
      if (tail === null) return undefined
      const start = window.length - tail[0].length
      return { start, end: start, value, settle }
    },
  }
}
