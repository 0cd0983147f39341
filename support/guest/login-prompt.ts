/** The login prompt where a shell should be: the guest rebooted, or the shell died. */
import type { Pattern } from './console-reader.ts'

const PROMPT = /(?:^|\n)[\w.-]{1,64} login: $/
/** A command may print such a line; only where nothing follows is it getty that waits. */
const SETTLE_MS = 3000

export function shellGone<T>(value: T): Pattern<T> {
  return {
    overlap: 128,
    find(window) {
      if (!window.endsWith(' login: ')) return undefined
      const tail = PROMPT.exec(window.slice(-100))
      if (tail === null) return undefined
      return { start: window.length, end: window.length, value, settle: SETTLE_MS }
    },
  }
}
