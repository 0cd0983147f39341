/** A root shell in a guest, and interactive programs in it. */
import type { Limits } from '../../common/wait.ts'

export interface CommandResult {
  /**
   * The command's output (stdout and stderr, in the order of a terminal), without ANSI codes, `\r`, and trailing
   * newlines (as with `$(…)`).
   */
  readonly output: string
  readonly exitCode: number
}

export interface Shell {
  /** For messages: which guest this is, e.g. `VM under test`. */
  readonly guest: string
  /**
   * Runs a command line to its end. The caller quotes its arguments (`common/shell-quote.ts`). It runs in a subshell
   * and without input: `cd`, variables and `exit` affect only this command line.
   * @throws TimeoutError, InterruptedError, SuiteError `console-lost`. A non-zero exit code is not an error.
   */
  run(commandLine: string, limits: Limits): Promise<CommandResult>
  /** Like `run`, but throws a SuiteError `command-failed` with command and output for a non-zero exit code. */
  check(commandLine: string, limits: Limits): Promise<string>
  /**
   * Starts an interactive program and waits for its first prompt (one of the given ones). While it is open, `run` is
   * refused.
   * @param alarm an output that means that the program has stopped answering
   * @throws SuiteError `program-ended` with its last output if it ends instead; `program-alarm`, which leaves the
   *   program open: `interrupt` ends it
   */
  open(
    commandLine: string,
    prompt: string | readonly string[],
    limits: Limits,
    alarm?: string,
  ): Promise<InteractiveProgram>
  /**
   * Ends the program in the foreground, even if it does not answer, so that the shell can be used again.
   * @throws SuiteError `console-lost` if that fails.
   */
  interrupt(limits: Limits): Promise<void>
}

/** A shell in a guest, which can log in again after a reboot. */
export interface GuestShell extends Shell {
  /** The kernel's random id of this boot. */
  readonly bootId: string
  /**
   * Waits until the guest has rebooted (its boot id has changed), and logs in again.
   * @throws as `GuestConsole.open` (console-session.ts); SuiteError `not-rebooted` if the guest still answers with its
   * old boot id after `patience` milliseconds; the shell can then still be used.
   */
  relogin(limits: Limits & { readonly patience?: number }): Promise<void>
}

export interface InteractiveProgram {
  /** Its output up to the first prompt. */
  readonly banner: string
  /** The end of what it printed between its answers, without being asked. */
  readonly asides?: string
  /**
   * Types one line and returns the output until the next prompt, without echo and prompt. If an earlier answer was
   * given up, the line waits for it first, so that the answers cannot be confused.
   * @param mark a text that ends the answer instead of a prompt, for programs whose prompts may appear at any moment;
   * only the answer to this line may contain it
   * @throws SuiteError `program-ended` with its last output if the shell's prompt comes back instead; `program-alarm`
   */
  send(line: string, limits: Limits, mark?: string): Promise<string>
  /** Ends it by this line and waits for the shell. Returns the output. */
  quit(line: string, limits: Limits): Promise<string>
}
