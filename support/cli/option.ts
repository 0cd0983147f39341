/** What an option of a command is: a record, from which parsing, help and completion follow. */

interface AnyOption {
  /** One letter. */
  readonly short?: string
  /** Completes "--name VALUE …" in the help; no full stop. */
  readonly doc: string
}

/** `--dry-run` */
interface Flag extends AnyOption {
  readonly type: 'flag'
}

/** `--timeout DURATION` */
interface Text extends AnyOption {
  readonly type: 'text'
  /** What stands for the value in the help. */
  readonly value: string
  /** The only values there are. */
  readonly choices?: readonly string[]
  /** Used where the option is not given. */
  readonly default?: string
}

/** `--set KEY=VALUE`, as often as one likes. */
interface List extends AnyOption {
  readonly type: 'list'
  readonly value: string
}

export type OptionRecord = Flag | Text | List
/** By their names without dashes. */
export type OptionRecords = Readonly<Record<string, OptionRecord>>

type Given<O extends OptionRecord> = O extends Flag
  ? boolean
  : O extends List
    ? readonly string[]
    : O extends { readonly default: string }
      ? string
      : string | undefined

/** What was typed: a flag that was not is false, a list is empty. */
export type OptionValues<Options extends OptionRecords> = {
  readonly [Name in keyof Options]: Given<Options[Name]>
}
