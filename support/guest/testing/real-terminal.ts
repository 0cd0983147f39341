/** A real shell on a real pseudo terminal of this machine, as a console (through util-linux' `script`). */
import { spawn } from 'node:child_process'
import type { ConsoleStream } from '../../cluster/console-stream.ts'

export interface RealTerminal extends ConsoleStream {
  /** Kills the terminal, as a reset would. */
  kill(): void
}

/** @param command what runs on the terminal, e.g. `bash --norc`. */
export function openRealTerminal(
  command: string,
  environment: Readonly<Record<string, string>> = {},
): RealTerminal {
  const child = spawn('script', ['-qf', '-E', 'always', '-c', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: '/tmp', TERM: 'xterm', HISTFILE: '/dev/null', ...environment },
  })
  const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>()
  let closedByUs = false
  child.once('close', () => {
    resolve(closedByUs ? undefined : new Error('the terminal ended'))
  })
  // Input to a terminal that has just ended is ignored.
  child.stdin.on('error', () => undefined)
  return {
    closed,
    onOutput: (listener) => {
      child.stdout.on('data', listener)
    },
    write: (bytes) => {
      child.stdin.write(bytes)
    },
    close: () => {
      closedByUs = true
      child.kill('SIGKILL')
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}
