/** A parameter is a record: it parses the text, and docs/parameters.md is generated from it. */

export const PARAMETER_PREFIX = 'spec.param.'

export interface Parameter<T> {
  /** Used if the ConfigMap has no value, or an empty one: a template that was not filled in. */
  readonly default?: string
  readonly isMandatory?: true
  /** Describes a valid value; completes "must be …". */
  readonly expected: string
  /** Undefined for an invalid text. */
  readonly parse: (text: string) => T | undefined
  /** Its meaning, in Markdown; links are relative to docs/. */
  readonly doc: string
}

export type ParameterRecords = Readonly<Record<string, Parameter<unknown>>>

type Value<P> =
  P extends Parameter<infer T>
    ? P extends { readonly default: string } | { readonly isMandatory: true }
      ? T
      : T | undefined
    : never

/** The parsed values. */
export type Values<Records extends ParameterRecords> = {
  readonly [Name in keyof Records]: Value<Records[Name]>
}

export interface ReadValues<Records extends ParameterRecords> {
  /** Complete if there are no violations. */
  readonly values: Values<Records>
  /** The texts, with defaults filled in. */
  readonly texts: Readonly<Record<string, string>>
  readonly violations: readonly string[]
}

/** @param prefix of the parameters' keys in the data */
export function readValues<Records extends ParameterRecords>(
  records: Records,
  data: Readonly<Record<string, string>>,
  prefix: string,
): ReadValues<Records> {
  const violations: string[] = []
  const missing: string[] = []
  const texts: Record<string, string> = {}
  const values: Record<string, unknown> = {}
  for (const [name, { default: usual, isMandatory, expected, parse }] of Object.entries(records)) {
    const key = prefix + name
    const text = givenIn(data, key) ?? usual
    if (text === undefined) {
      if (isMandatory) missing.push(`${key} is missing, but mandatory`)
      continue
    }
    texts[name] = text
    values[name] = parse(text)
    if (values[name] === undefined) violations.push(mustBe(key, expected, text))
  }
  // TypeScript cannot see that each name gets the value of its own record.
  return { values: values as Values<Records>, texts, violations: [...violations, ...missing] }
}

/** The trimmed text of a key; undefined if it is empty. */
export function givenIn(data: Readonly<Record<string, string>>, key: string): string | undefined {
  const text = data[key]?.trim() ?? ''
  return text === '' ? undefined : text
}

export function mustBe(key: string, expected: string, text: string): string {
  return `${key} must be ${expected}, not ${JSON.stringify(text.slice(0, 100))}`
}
