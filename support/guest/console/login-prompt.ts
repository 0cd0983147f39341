/** Detects a login prompt instead of a shell: the guest rebooted, or the shell ended. */
import type { Pattern } from './console-reader.ts'

/** Of getty, or of login, which asks for a password where getty took our command line for a user name. */
const PROMPT = /(?:^|\n)(?:[\w.-]{1,64} login|Password): $/
/** A command may print such a line too; it is such a prompt only if nothing follows. */
const SETTLE_MS = 3000

/**
 * Whether a console that does not answer as a shell shows getty or login (util-linux), which take a command line for
 * a user name and the next one for a password.
 */
export function showsLogin(output: string): boolean {
  return /(?:^|\n)(?!Last login: )[\w.-]{1,64} login: |(?:^|\n)Login incorrect|(?:^|\n|login: )Password: ?$/.test(
    output.replaceAll('\r', ''),
  )
}

/**
 * The prompt stays in the unread output, so that the next login finds it.
 * @param settle milliseconds for which nothing may follow; may be short if no command is running
 */
export function shellGone<T>(value: T, settle = SETTLE_MS): Pattern<T> {
  return {
    overlap: 128,
    find(window) {
      if (!window.endsWith(': ')) return undefined
      const tail = PROMPT.exec(window.slice(-100))
      if (tail === null) return undefined
      const start = window.length - tail[0].length
      return { start, end: start, value, settle }
    },
  }
}
