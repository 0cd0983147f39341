/**
 * The slow reports: the modules that render and pack them take long to load. A separate process, started while the
 * guests boot, writes them. In the suite's own process, loading would take seconds of CPU time, either during the
 * traffic from guests on the same CPUs (the lab, a small node) or after the run, while the user waits; and the suite
 * would use 40 MB more while it waits for guests.
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
import type { ReportFolders } from './report-folders.ts'
import type { WriteResult } from './write-result.ts'

export const SLOW_REPORTS_COMMAND = path.join(import.meta.dirname, 'slow-reports-command.mjs')

/** Most characters of the process' error output in a message. */
const LONGEST_PROBLEM = 500

/** Input of the process. */
export interface SlowReports {
  readonly report: Report
  readonly attached: readonly Attachment[]
  /** Files that are written already. */
  readonly written: readonly string[]
  readonly folders: ReportFolders
  /** Whether to pack the archive for a ConfigMap too. */
  readonly wantsArchive: boolean
}

/** Output of the process: the written files, and the archive if requested. */
export interface SlowWritten extends WriteResult {
  readonly archive?: Archive | undefined
}

const writtenSchema = z.object({
  files: z.array(z.string()),
  problems: z.array(z.string()),
  archive: z.object({ files: z.record(z.string(), z.string()), leftOut: z.array(z.string()) }).optional(),
})

let waiting: Writer | undefined

/** Starts the process, so that it is ready at the end of the run. It ends with this process in any case. */
export function prepareSlowReports(): void {
  if (waiting?.isThere !== true) waiting = new Writer()
}

/** Lets the process write the reports. @throws if the process fails, or at the limits */
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
  #problem = ''

  constructor() {
    this.#process = spawn(process.execPath, [SLOW_REPORTS_COMMAND], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdout, stderr, stdin } = this.#process
    stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#problem += text))
    // If the process has ended, its exit explains more than this pipe's error.
    stdin?.on('error', () => undefined)
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#ended = promise
    this.#process.once('error', (error) => {
      this.#isThere = false
      resolve(describeError(error))
    })
    this.#process.once('exit', () => (this.#isThere = false))
    this.#process.once('close', (code, signal) => {
      resolve(
        code === 0 ? '' : this.#problem.trim().slice(-LONGEST_PROBLEM) || `it ended by ${signal ?? code}`,
      )
    })
    // An idle process does not keep this one alive.
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
      this.#problem = why
      this.#process.kill('SIGKILL')
    }
    const timer = setTimeout(() => {
      giveUp(`it took longer than ${timeout / 1000} s`)
    }, timeout)
    const interrupt = () => {
      giveUp('the run was interrupted')
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      this.#process.stdin?.end(JSON.stringify(slow))
      const problem = await this.#ended
      if (problem !== '') throw new Error(`the process that writes this file failed: ${problem}`)
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

/** @throws if it is not the process' output */
export function readWritten(output: string): SlowWritten {
  return writtenSchema.parse(JSON.parse(output))
}
