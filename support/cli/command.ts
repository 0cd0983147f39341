/**
 * What a command of `dpdk-checkup` is: one record in one file below `commands/`. Help, completion and docs/cli.md are made
 * from the records.
 */
import type { InterruptionOptions } from '../common/signals.ts'
import type { OptionRecords, OptionValues } from './option.ts'
import type { Session } from './session.ts'

export interface ArgumentRecord {
  /** As the help has it: `JOB`. */
  readonly name: string
  readonly doc: string
  readonly isRequired?: true
  /** Takes all words that are left; only the last one can. */
  readonly isList?: true
}

export interface Example {
  /** Behind `dpdk-checkup`. */
  readonly words: string
  readonly doc: string
}

export interface Call<Options extends OptionRecords = OptionRecords> {
  readonly options: OptionValues<Options>
  /** The words that are no options. */
  readonly words: readonly string[]
  readonly session: Session
}

export interface CommandRecord<Options extends OptionRecords = OptionRecords> {
  /** One word or two: `wait`, `rootless deploy`. */
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Paragraphs below the options. */
  readonly details?: string
  readonly arguments?: readonly ArgumentRecord[]
  readonly options: Options
  readonly examples: readonly Example[]
  /** What the exit codes mean, where that is not just 0 done, 2 not done. */
  readonly exitCodes?: string
  /** Takes `--namespace`, `--context` and `--kubeconfig`. */
  readonly usesCluster?: true
  /** Works in a clone of the repository only: an installed package has no lab and builds no images. */
  readonly needsClone?: true
  /** All words behind its name, options included, are another program's. */
  readonly passesOn?: true
  /** What signals do; without it they end the process. */
  readonly interruption?: InterruptionOptions
  /** Returns the exit code. @throws InvalidInputError, SuiteError */
  readonly run: (call: Call<Options>) => number | Promise<number>
}

/** A record of whatever options; its own are checked where it is defined. */
export type AnyCommand = Omit<CommandRecord, 'run'> & {
  readonly run: (call: Call<never>) => number | Promise<number>
}

/** Checks a record against its own options. */
export function defineCommand<const Options extends OptionRecords>(
  record: CommandRecord<Options>,
): CommandRecord<Options> {
  return record
}
