/**
 * The reports that take long to write, because what draws and packs them takes long to load. A process of its own
 * writes them, started while the guests boot. In the suite's own process, loading would take seconds of CPU time while
 * packets flow, which guests that share that CPU need (the lab, a small node), or after the run, where a user waits;
 * and the suite would hold all of it (40 MB) while it waits for guests.
 */
import { timeouts } from '../model/timeouts.ts'
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import { describeError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Archive } from './archive.ts'
import type { Attachment } from './attachments.ts'
import type { Report } from '../model/report.ts'
import type { Places } from './places.ts'
import type { Written } from './written.ts'

export const SLOW_REPORTS_COMMAND = path.join(import.meta.dirname, 'slow-reports-command.mjs')

/** Of what it says when it fails. */
const LONGEST_WORDS = 500

/** What the process reads. */
export interface SlowReports {
  readonly report: Report
  readonly attached: readonly Attachment[]
  /** Files that are there already. */
  readonly written: readonly string[]
  readonly places: Places
  /** Whether what outlives a pod is packed as well. */
  readonly wantsArchive: boolean
}

/** What became of them, which is what the process answers. */
export interface SlowWritten extends Written {
  readonly archive?: Archive | undefined
}

const writtenSchema = z.object({
  files: z.array(z.string()),
  problems: z.array(z.string()),
  archive: z.object({ files: z.record(z.string(), z.string()), leftOut: z.array(z.string()) }).optional(),
})

let waiting: Writer | undefined

/** Starts the process, so that it is ready when the run has ended. It ends with this one, whatever ends that. */
export function prepareSlowReports(): void {
  if (waiting?.isThere !== true) waiting = new Writer()
}

/** Has them written. @throws where the process fails as a whole, or the limits end */
export async function writeSlowReports(slow: SlowReports, limits?: Limits): Promise<SlowWritten> {
  prepareSlowReports()
  const writer = waiting ?? new Writer()
  waiting = undefined
  return writer.write(slow, limits)
}

class Writer {
  readonly #process: ChildProcess
  readonly #ended: Promise<string>
  #isThere = true
  #output = ''
  #words = ''

  constructor() {
    this.#process = spawn(process.execPath, [SLOW_REPORTS_COMMAND], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdout, stderr, stdin } = this.#process
    stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#words += text))
    // A pipe whose reader is gone: the process' end tells more.
    stdin?.on('error', () => undefined)
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#ended = promise
    this.#process.once('error', (error) => {
      this.#isThere = false
      resolve(describeError(error))
    })
    this.#process.once('exit', () => (this.#isThere = false))
    this.#process.once('close', (code, signal) => {
      resolve(code === 0 ? '' : this.#words.trim().slice(-LONGEST_WORDS) || `it ended by ${signal ?? code}`)
    })
    // While it only waits, it keeps nobody from ending.
    this.#keepsAlive(false)
  }

  get isThere(): boolean {
    return this.#isThere
  }

  async write(
    slow: SlowReports,
    { timeout = timeouts.slowReports, signal }: Partial<Limits> = {},
  ): Promise<SlowWritten> {
    this.#keepsAlive(true)
    const giveUp = (why: string) => {
      this.#words = why
      this.#process.kill('SIGKILL')
    }
    const timer = setTimeout(() => {
      giveUp(`it took longer than ${timeout / 1000} s`)
    }, timeout)
    const interrupt = () => {
      giveUp('the run was interrupted meanwhile')
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      this.#process.stdin?.end(JSON.stringify(slow))
      const problem = await this.#ended
      if (problem !== '') throw new Error(`the process that writes it failed: ${problem}`)
      return readWritten(this.#output)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
    }
  }

  #keepsAlive(does: boolean): void {
    for (const each of [this.#process, ...(this.#process.stdio as (Socket | null)[])]) {
      if (does) each?.ref()
      else each?.unref()
    }
  }
}

/** @throws where it is no answer of the process */
export function readWritten(output: string): SlowWritten {
  return writtenSchema.parse(JSON.parse(output))
}
