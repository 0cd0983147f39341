/**
 * The type of a command of `dpdk-checkup`: one record in one file below `commands/`. Help, completion and docs/cli.md
 * are generated from the records.
 */
import type { InterruptionOptions } from '../common/signals.ts'
import type { OptionRecords, OptionValues } from './option.ts'
import type { Session } from './session.ts'

export interface ArgumentRecord {
  /** As shown in the help: `JOB`. */
  readonly name: string
  readonly doc: string
  readonly isRequired?: true
  /** Takes all remaining arguments; only the last one can. */
  readonly isList?: true
}

export interface Example {
  /** What follows `dpdk-checkup`. */
  readonly line: string
  readonly doc: string
}

export interface Call<Options extends OptionRecords = OptionRecords> {
  readonly options: OptionValues<Options>
  /** The arguments that are not options. */
  readonly args: readonly string[]
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
  /** What the exit codes mean, if not just 0 (done) and 2 (not done). */
  readonly exitCodes?: string
  /** Takes `--namespace`, `--context` and `--kubeconfig`. */
  readonly usesCluster?: true
  /** Works only in a clone of the repository: an installed package has no lab and cannot build images. */
  readonly needsClone?: true
  /** Passes everything after its name, options included, to another program. */
  readonly passesOn?: true
  /** How signals are handled; undefined: they end the process. */
  readonly interruption?: InterruptionOptions
  /** Returns the exit code. @throws InvalidInputError, SuiteError */
  readonly run: (call: Call<Options>) => number | Promise<number>
}

/** A record with any options; its own options are checked where it is defined. */
export type AnyCommand = Omit<CommandRecord, 'run'> & {
  readonly run: (call: Call<never>) => number | Promise<number>
}

/** Checks a record's type against its own options. */
export function defineCommand<const Options extends OptionRecords>(
  record: CommandRecord<Options>,
): CommandRecord<Options> {
  return record
}
