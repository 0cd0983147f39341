/** Programs that a command starts in its place. */
import { spawn, type StdioOptions } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { SuiteError } from '../common/errors.ts'
import { onSignals } from '../common/signals.ts'
import type { Session } from './session.ts'
import { isClone, ROOT } from './version.ts'

/** Calls back for each request to end, with the number so far. */
export type Signals = (listener: (signal: NodeJS.Signals, count: number) => void) => void

export interface Surroundings {
  /** Default: the signals of this process. */
  readonly signals?: Signals
  /** Gets each line of output. Default: the program writes to the output of this process. */
  readonly onLine?: ((line: string) => void) | undefined
}

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url))

/**
 * Runs a program that exists only in a clone of the repository (the lab, the image builder), to its end.
 * @returns its exit code @throws SuiteError in an installed package
 */
export async function runOfClone(
  command: string,
  args: readonly string[],
  { env }: Session,
): Promise<number> {
  if (!isClone())
    throw new SuiteError(
      'unrecoverable',
      'this command works only in a clone of the repository: the installed package has no lab and cannot build images',
    )
  return runNode([BOOTSTRAP, command, ...args], env, process.cwd())
}

/** Runs the suite: mocha with the package's own configuration. @returns its exit code */
export async function runMocha(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  surroundings?: Surroundings,
): Promise<number> {
  // mocha does not export the path of its program, only that of its package.json.
  const mocha = path.dirname(createRequire(import.meta.url).resolve('mocha/package.json'))
  return runNode([path.join(mocha, 'bin', 'mocha.js'), ...args], env, ROOT, surroundings)
}

/** Runs Node.js to its end and forwards every signal: the program decides what a signal does. @returns its exit code */
function runNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
  { signals = onSignals, onLine }: Surroundings = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdio: StdioOptions = onLine === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(process.execPath, args, { cwd, env, stdio })
    for (const stream of [child.stdout, child.stderr]) if (stream && onLine) readLines(stream, onLine)
    signals((signal) => {
      // On Ctrl-C the terminal has sent the signal already; our programs ignore a duplicate that follows at once.
      child.kill(signal)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

function readLines(input: Readable, onLine: (line: string) => void): void {
  createInterface({ input }).on('line', onLine)
}
