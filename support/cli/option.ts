/** The type of an option of a command: a record from which parsing, help and completion are generated. */

interface AnyOption {
  /** One letter. */
  readonly short?: string
  /** Follows "--name VALUE …" in the help; no full stop. */
  readonly doc: string
}

/** `--dry-run` */
interface Flag extends AnyOption {
  readonly type: 'flag'
}

/** `--timeout DURATION` */
interface Text extends AnyOption {
  readonly type: 'text'
  /** Placeholder of the value in the help. */
  readonly value: string
  /** The only valid values; undefined: any. */
  readonly choices?: readonly string[]
  /** The value if the option is not given. */
  readonly default?: string
}

/** `--set KEY=VALUE`, repeatable. */
interface List extends AnyOption {
  readonly type: 'list'
  readonly value: string
}

export type OptionRecord = Flag | Text | List
/** Keyed by name, without dashes. */
export type OptionRecords = Readonly<Record<string, OptionRecord>>

type Given<O extends OptionRecord> = O extends Flag
  ? boolean
  : O extends List
    ? readonly string[]
    : O extends { readonly default: string }
      ? string
      : string | undefined

/** The given values: a flag that was not given is false, a list is empty. */
export type OptionValues<Options extends OptionRecords> = {
  readonly [Name in keyof Options]: Given<Options[Name]>
}
