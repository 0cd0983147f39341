/** A root shell in a guest, and programs with a prompt of their own that run in it. */
import type { Limits } from '../../common/wait.ts'

export interface CommandResult {
  /**
   * What the command printed (stdout and stderr, as a terminal shows them), ANSI and `\r` removed, and
   * newlines at the end too, as `$(…)` does.
   */
  readonly output: string
  readonly exitCode: number
}

export interface Shell {
  /** For messages: which guest this is, e.g. `VM under test`. */
  readonly guest: string
  /**
   * Runs a command line to its end. Its words were quoted by the caller (`common/shell-quote.ts`). It runs
   * in a subshell and without input: `cd`, variables and `exit` last as long as it does.
   * @throws TimeoutError, InterruptedError, SuiteError `console-lost`. A non-zero exit code is no error.
   */
  run(commandLine: string, limits: Limits): Promise<CommandResult>
  /** Like `run`, and a non-zero exit code is a SuiteError `command-failed` quoting command and output. */
  check(commandLine: string, limits: Limits): Promise<string>
  /**
   * Starts a program that reads commands at a prompt (or at one of some), and waits for its first prompt. While it is open,
   * `run` is refused.
   * @param alarm a text that says, whenever it comes, that the program will answer nothing any more
   * @throws SuiteError `program-ended` with its last words where it ends instead; `program-alarm`, which leaves the
   *   program open: `interrupt` ends it
   */
  open(
    commandLine: string,
    prompt: string | readonly string[],
    limits: Limits,
    alarm?: string,
  ): Promise<InteractiveProgram>
  /**
   * Ends whatever holds the line, a program that does not answer included, and gives it back to the shell.
   * @throws SuiteError `console-lost` where nothing helps.
   */
  interrupt(limits: Limits): Promise<void>
}

/** A shell in a guest that can be found again after a reboot. */
export interface GuestShell extends Shell {
  /** The kernel's random id of this boot. */
  readonly bootId: string
  /**
   * Waits until the guest has rebooted (its boot id is another than before), and logs in again.
   * @throws as `GuestConsole.open` (console-session.ts); SuiteError `not-rebooted` where the guest still answers with its old
   *   boot after `patience` milliseconds; the shell can be used then.
   */
  relogin(limits: Limits & { readonly patience?: number }): Promise<void>
}

export interface InteractiveProgram {
  /** What it printed up to its first prompt. */
  readonly banner: string
  /**
   * Types one line and returns what came until the next prompt, without echo and prompt. Where an answer
   * was given up on, the next line waits for it first, so that it can't pass for its own.
   * @param mark a text that ends the answer instead, of a program whose prompts may come at any moment; only the answer
   *   to this very line may hold it
   * @throws SuiteError `program-ended` with its last words where the shell's prompt comes back instead; `program-alarm`
   */
  send(line: string, limits: Limits, mark?: string): Promise<string>
  /** Ends it by this line and waits for the shell. Returns what it printed. */
  quit(line: string, limits: Limits): Promise<string>
}
