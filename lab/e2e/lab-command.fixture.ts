/** Runs `npm start` and `npm run lab` as processes with their own temporary folder, and finds what they leave. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from '../../support/common/compile-cache.mjs'
import { type Report, reportSchema } from '../../support/model/report.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = fileURLToPath(new URL('../lab-cli.ts', import.meta.url))
const MARK = 'LAB_TEST_MARK'

/** The environment of the commands. Other labs and files on this machine do not count as leftovers. */
export class LabSurroundings implements AsyncDisposable {
  readonly reports: string
  readonly temporary: string

  private constructor(reports: string, temporary: string) {
    this.reports = reports
    this.temporary = temporary
  }

  static async create(): Promise<LabSurroundings> {
    const folder = (name: string) => mkdtemp(join(tmpdir(), name))
    return new LabSurroundings(await folder('lab-test-reports-'), await folder('lab-test-'))
  }

  /** Starts the lab's program directly, without npm and without the bootstrap. */
  start(args: readonly string[]): ChildProcess {
    return this.run(process.execPath, [MAIN, ...args])
  }

  /**
   * Pipes all of the lab's output into another program, which may end first.
   * @param reader a shell command
   */
  startInto(reader: string, args: readonly string[]): ChildProcess {
    return this.run('sh', ['-c', `"$0" "$@" 2>&1 | ${reader}`, process.execPath, MAIN, ...args])
  }

  /** Runs any program in the root of this repository. */
  run(program: string, args: readonly string[]): ChildProcess {
    const env = {
      ...process.env,
      ARTIFACTS: '',
      ARTIFACT_DIR: '',
      DPDK_CHECKUP_REPORTS: this.reports,
      TMPDIR: this.temporary,
      [MARK]: this.temporary,
      // Not in the temporary folder, where npm would keep it.
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      // npm run with `--silent` passes that on; these tests count npm's first lines.
      npm_config_loglevel: 'notice',
    }
    return spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** The report of a run. @param folder relative to the folder of reports */
  async report(folder = ''): Promise<Report> {
    const file = join(this.reports, folder, 'report.json')
    return reportSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  }

  /** Temporary files, and processes started here that still run; empty on a clean machine. */
  async leftovers(): Promise<string[]> {
    const processes = await this.#processes()
    return [...processes.map(({ pid, command }) => `${pid} ${command}`), ...(await readdir(this.temporary))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of await this.#processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // The process has just ended.
      }
    }
    for (const folder of [this.reports, this.temporary]) await rm(folder, { recursive: true, force: true })
  }

  /** Processes that carry the mark in their environment: those started here, and their children. */
  async #processes(): Promise<{ readonly pid: number; readonly command: string }[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const found = await Promise.all(
      pids.map(async (pid) => {
        // The process may have ended since /proc was listed.
        const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
        const isOurs = (await read('environ')).includes(`${MARK}=${this.temporary}`)
        return isOurs ? [{ pid, command: (await read('cmdline')).replaceAll('\0', ' ') }] : []
      }),
    )
    return found.flat()
  }
}
