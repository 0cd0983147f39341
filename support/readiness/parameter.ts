/** What a parameter is: one record, which reads its text, and whose words stand in docs/parameters.md. */

export interface Parameter<T> {
  /** Used where the ConfigMap has none, or an empty text: a template that was not filled in. */
  readonly default?: string
  readonly isMandatory?: true
  /** What a valid value looks like; completes "must be …". */
  readonly expected: string
  /** Undefined for a text that is not valid. */
  readonly parse: (text: string) => T | undefined
  /** What it means, in Markdown; links are relative to docs/. */
  readonly doc: string
}

export type ParameterRecords = Readonly<Record<string, Parameter<unknown>>>

type Value<P> =
  P extends Parameter<infer T>
    ? P extends { readonly default: string } | { readonly isMandatory: true }
      ? T
      : T | undefined
    : never

/** What the texts mean. */
export type Values<Records extends ParameterRecords> = {
  readonly [Name in keyof Records]: Value<Records[Name]>
}

export interface ReadValues<Records extends ParameterRecords> {
  /** Complete where there are no violations. */
  readonly values: Values<Records>
  /** The texts that were used, defaults filled in. */
  readonly texts: Readonly<Record<string, string>>
  readonly violations: readonly string[]
}

/** @param prefix of each parameter's key in the data */
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
      if (isMandatory) missing.push(`${key} is missing; it is mandatory`)
      continue
    }
    texts[name] = text
    values[name] = parse(text)
    if (values[name] === undefined) violations.push(mustBe(key, expected, text))
  }
  // TypeScript can't follow that each name has the value of its own record.
  return { values: values as Values<Records>, texts, violations: [...violations, ...missing] }
}

/** What was given for a key, without the blanks around it; undefined where that is nothing. */
export function givenIn(data: Readonly<Record<string, string>>, key: string): string | undefined {
  const text = data[key]?.trim() ?? ''
  return text === '' ? undefined : text
}

export function mustBe(key: string, expected: string, text: string): string {
  return `${key} must be ${expected}, not ${JSON.stringify(text.slice(0, 100))}`
}
