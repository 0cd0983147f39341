/** A running container: its output goes to its log, signals reach all its processes, and its end is reported once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { describeError } from '../../support/common/errors.ts'
import type { ContainerLog } from './container-log.ts'
import type { ExecStreams, RunningContainer } from './container-runtime.ts'

/** A program of this machine that becomes one of the container's. */
export interface Entry {
  readonly program: string
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface ContainerProcessOptions {
  /**
   * Whether its descriptor 3 tells how the start goes: complaints, then the line `started` when the program begins.
   * Otherwise the program has begun when the process is there.
   */
  readonly saysWhenStarted: boolean
  /** How another program gets in, given the process that was started. */
  readonly enter: (pid: number, words: readonly string[]) => Promise<Entry>
}

/** As the shell has it for what it can't find. */
const NO_SUCH_PROGRAM = 127
/** Characters that are kept of what is said before the program begins. */
const LONGEST_REASON = 10_000

export class ContainerProcess implements RunningContainer {
  readonly started: Promise<void>
  readonly exitCode: Promise<number>
  readonly #child: ChildProcess
  readonly #enter: ContainerProcessOptions['enter']
  /** Aborts when the container ends: nothing that was let in outlives it. */
  readonly #over = new AbortController()
  #ended = false

  constructor(child: ChildProcess, log: ContainerLog, { saysWhenStarted, enter }: ContainerProcessOptions) {
    this.#child = child
    this.#enter = enter
    const begun = Promise.withResolvers<undefined>()
    const start = new StartReport()
    if (saysWhenStarted)
      (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
        if (start.read(text)) begun.resolve(undefined)
      })
    else
      child.once('spawn', () => {
        start.hasStarted = true
        begun.resolve(undefined)
      })
    // Descriptor 3 is another pipe than these: a busy lab may read the program's first lines before it reads that the
    // program has begun. So they go to the log as they come; the log of a container that did not begin is not shown.
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (!start.hasStarted) output = `${output}${text}`.slice(-LONGEST_REASON)
        log.write(stream, text)
      })
    const ended = Promise.withResolvers<number>()
    child.once('error', (error) => {
      begun.reject(error)
      this.#end()
      ended.resolve(128)
    })
    // Those it leaves behind would keep its streams open: the first process's end is the container's.
    child.once('exit', () => {
      this.kill('SIGKILL')
    })
    child.once('close', (code, signal) => {
      this.#end()
      begun.reject(new Error(`${start.complaints}${output}`.trim() || 'it ended before it began'))
      log.end()
      ended.resolve(codeOf(code, signal))
    })
    this.started = begun.promise
    this.exitCode = ended.promise
    // A caller that awaits it gets the error; do not report it as unhandled before.
    this.started.catch(() => undefined)
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) killGroup(this.#child, signal)
  }

  async exec(words: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    const { pid } = this.#child
    if (this.#ended || pid === undefined) throw new Error('the container has ended')
    const { program, words: rest, env, cwd } = await this.#enter(pid, words)
    const child = spawn(program, rest, {
      ...{ env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
      ...(cwd === undefined ? {} : { cwd }),
    })
    return runBeside(child, streams, AbortSignal.any([signal, this.#over.signal]))
  }

  #end(): void {
    this.#ended = true
    this.#over.abort(new Error('the container has ended'))
  }
}

/** What descriptor 3 of a process told until the program began. */
class StartReport {
  complaints = ''
  hasStarted = false

  /** Returns whether the program has begun. */
  read(text: string): boolean {
    if (this.hasStarted) return true
    const [complaints = '', ...rest] = `${this.complaints}${text}`.split(/^started\n/m)
    this.complaints = complaints.slice(-LONGEST_REASON)
    this.hasStarted = rest.length > 0
    return this.hasStarted
  }
}

function runBeside(child: ChildProcess, streams: ExecStreams, signal: AbortSignal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const stop = () => {
    killGroup(child, 'SIGKILL')
  }
  child.stdout?.on('data', streams.stdout)
  child.stderr?.on('data', streams.stderr)
  // A program need not read what it is given.
  child.stdin?.on('error', () => undefined)
  if (streams.stdin === undefined) child.stdin?.end()
  else if (child.stdin !== null) streams.stdin.pipe(child.stdin)
  child.once('error', (error) => {
    streams.stderr(Buffer.from(`${describeError(error)}\n`))
    resolve(NO_SUCH_PROGRAM)
  })
  child.once('exit', stop)
  child.once('close', (code, by) => {
    resolve(codeOf(code, by))
  })
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return promise.finally(() => {
    signal.removeEventListener('abort', stop)
    streams.stdin?.unpipe()
  })
}

function codeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended by itself just now.
  }
}
