/** Child processes of the runtime. They can be stopped, gracefully or by force, and die with this process. */
import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

const KEPT_STDERR = 4000

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class ManagedProcess {
  readonly pid: number | undefined
  readonly exited: Promise<ExitStatus>
  readonly #child: ChildProcess
  #stderr = ''
  #ended = false

  /**
   * Starts a program in its own process group, so that signals to this process's group (Ctrl-C) do not reach it
   * directly. The kernel kills it when this process dies, for whatever reason (setpriv --pdeathsig).
   */
  constructor(program: string, args: readonly string[], onStdout?: (text: string) => void) {
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      detached: true,
      stdio: ['ignore', onStdout === undefined ? 'ignore' : 'pipe', 'pipe'],
    })
    this.pid = this.#child.pid
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR)
    })
    if (onStdout !== undefined) this.#child.stdout?.setEncoding('utf8').on('data', onStdout)
    const ended = Promise.withResolvers<ExitStatus>()
    const end = (status: ExitStatus) => {
      this.#ended = true
      ended.resolve(status)
    }
    this.#child.once('error', (error) => {
      this.#stderr += error.message
      end({ code: null, signal: null })
    })
    // 'close' follows 'exit' and the end of stderr.
    this.#child.once('close', (code, signal) => {
      end({ code, signal })
    })
    this.exited = ended.promise
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The end of its stderr. */
  get stderr(): string {
    return this.#stderr.trim()
  }

  /** Sends SIGTERM to the whole group, then SIGKILL after `grace` milliseconds; at once if `grace` is 0. */
  async stop(grace: number): Promise<ExitStatus> {
    if (grace > 0) {
      this.#signal('SIGTERM')
      await Promise.race([this.exited, sleep(grace, undefined, { ref: false })])
    }
    this.#signal('SIGKILL')
    return this.exited
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#ended || this.pid === undefined) return
    try {
      process.kill(-this.pid, signal)
    } catch {
      // The process has just ended.
    }
  }
}

/** Runs a program to its end. @returns its exit code and the end of its stderr */
export async function runToEnd(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  signal?.throwIfAborted()
  const child = new ManagedProcess(program, args)
  const abort = () => void child.stop(2000)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const { code } = await child.exited
    return { code, stderr: child.stderr }
  } finally {
    signal?.removeEventListener('abort', abort)
    signal?.throwIfAborted()
  }
}
