/** Runs a command-line program: its signals, its error messages and its exit code. */
import { describeError, InvalidInputError } from './errors.ts'
import { EXIT_CODE } from './exit-code.ts'
import { secrets } from './secrets.ts'
import { abortOnSignals, type InterruptionOptions, onReaderGone } from './signals.ts'
import { plainText } from './text.ts'

/**
 * A program.
 * @param interrupted aborts on the first signal
 * @returns the exit code
 */
export type Main = (args: readonly string[], interrupted: AbortSignal) => number | Promise<number>

/** What helps where a program could not go on; undefined where nothing more than the error itself says. */
export type HintFor = (thrown: unknown) => string | undefined

/**
 * Runs a program. What people got wrong is told in a sentence each, every other error in one, without a stack, and a hint
 * below it; both end with exit code 2.
 * @param interruption what signals do; without it they end the process, as Node has it
 */
export async function runCommand(
  main: Main,
  interruption?: InterruptionOptions,
  hintFor: HintFor = () => undefined,
): Promise<void> {
  // `dpdk-checkup report | head` is no failure.
  if (interruption === undefined) onReaderGone()
  const interrupted = interruption === undefined ? new AbortController().signal : abortOnSignals(interruption)
  try {
    process.exitCode = await main(process.argv.slice(2), interrupted)
  } catch (error) {
    complain(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
    const hint = hintFor(error)
    if (hint !== undefined) complain(`Hint: ${hint}`)
    process.exitCode = EXIT_CODE.error
  }
}

/** Prints text that may quote foreign text. Control codes are removed first, because they may split a secret. */
export function say(text: string): void {
  console.log(forTerminal(text))
}

/** The same on stderr. */
export function complain(text: string): void {
  console.error(forTerminal(text))
}

export function forTerminal(text: string): string {
  return secrets.redact(plainText(text))
}
