/** `-o json`: the same output in JSON, for programs. */
import type { OptionRecords } from './option.ts'

export const FORMAT_OPTION = {
  format: {
    type: 'text',
    short: 'o',
    value: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    doc: 'output format: text, or json for programs',
  },
} as const satisfies OptionRecords

/** A value as JSON. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}
