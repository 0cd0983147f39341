/** A running container: writes its output to its log, signals all its processes, and reports its end once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { describeError } from '../../support/common/errors.ts'
import type { ContainerLog } from './container-log.ts'
import type { ExecStreams, RunningContainer } from './container-runtime.ts'

/** A command on this machine that runs a program in the container. */
export interface Entry {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface ContainerProcessOptions {
  /**
   * Whether the process reports its start on descriptor 3: errors, or the line `started` when the program starts.
   * False: the program has started when the process is spawned.
   */
  readonly printsStarted: boolean
  /** Returns the command that runs a further program in the container, whose process has this pid. */
  readonly enter: (pid: number, args: readonly string[]) => Promise<Entry>
}

/** The shell's exit code for a program that does not exist. */
const NO_SUCH_PROGRAM = 127
/** Characters kept of errors and output before the program starts. */
const LONGEST_REASON = 10_000

export class ContainerProcess implements RunningContainer {
  readonly started: Promise<void>
  readonly exitCode: Promise<number>
  readonly #child: ChildProcess
  readonly #enter: ContainerProcessOptions['enter']
  /** Aborts when the container ends, which ends all programs of `exec`. */
  readonly #over = new AbortController()
  #ended = false

  constructor(child: ChildProcess, log: ContainerLog, { printsStarted, enter }: ContainerProcessOptions) {
    this.#child = child
    this.#enter = enter
    const begun = Promise.withResolvers<undefined>()
    const start = new StartReport()
    if (printsStarted)
      (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
        if (start.read(text)) begun.resolve(undefined)
      })
    else
      child.once('spawn', () => {
        start.hasStarted = true
        begun.resolve(undefined)
      })
    // `started` arrives in another pipe, so the program's first lines may be read before it. They are logged at once:
    // nobody sees the log of a container that did not start.
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
    // The container ends with its first process. Other processes are killed, because they keep the streams open.
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
    // Callers that await `started` get the error; until then it must not count as an unhandled rejection.
    this.started.catch(() => undefined)
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) killGroup(this.#child, signal)
  }

  async exec(args: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    const { pid } = this.#child
    if (this.#ended || pid === undefined) throw new Error('the container has ended')
    const { program, args: rest, env, cwd } = await this.#enter(pid, args)
    const child = spawn(program, rest, {
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    })
    return runBeside(child, streams, AbortSignal.any([signal, this.#over.signal]))
  }

  #end(): void {
    this.#ended = true
    this.#over.abort(new Error('the container has ended'))
  }
}

/** Parses descriptor 3 of a process until the program starts. */
class StartReport {
  complaints = ''
  hasStarted = false

  /** Returns whether the program has started. */
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
  // A program may end without reading its input.
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
    // The process group has already ended.
  }
}
