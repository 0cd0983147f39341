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

/** A hint for a failed program; undefined if the error message is enough. */
export type HintFor = (thrown: unknown) => string | undefined

/**
 * Runs a program. For invalid input it prints a sentence for each violation, for any other error one sentence without a
 * stack, and then a hint; both end with exit code 2.
 * @param interruption how signals are handled; undefined: they end the process, the default of Node.js
 */
export async function runCommand(
  main: Main,
  interruption?: InterruptionOptions,
  hintFor: HintFor = () => undefined,
): Promise<void> {
  // `dpdk-checkup report | head` is not a failure.
  if (interruption === undefined) onReaderGone()
  const interrupted = interruption === undefined ? new AbortController().signal : abortOnSignals(interruption)
  try {
    process.exitCode = await main(process.argv.slice(2), interrupted)
  } catch (error) {
    printError(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
    const hint = hintFor(error)
    if (hint !== undefined) printError(`Hint: ${hint}`)
    process.exitCode = EXIT_CODE.error
  }
}

/** Prints text that may quote foreign text. Control codes are removed first, because they may split a secret. */
export function printLine(text: string): void {
  console.log(forTerminal(text))
}

/** Like `printLine`, on stderr. */
export function printError(text: string): void {
  console.error(forTerminal(text))
}

export function forTerminal(text: string): string {
  return secrets.redact(plainText(text))
}
