/** Validates answers of the API server; a malformed answer becomes an error with a sentence. */
import type { z } from 'zod'
import { SuiteError } from '../common/errors.ts'

/** The most schema violations that the sentence lists. */
const MOST_PLACES = 3

/** @throws SuiteError `unexpected-answer` naming the violations and their places; the answer is not quoted */
export function readAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw unexpected(parsed.error, what)
}

export function unexpected({ issues }: z.ZodError, what: string): SuiteError {
  const places = issues.slice(0, MOST_PLACES).map(({ path, message }) => {
    // Keys are foreign text as well.
    const place = JSON.stringify(path.map(String).join('.').slice(0, 100)).slice(1, -1)
    return `${place === '' ? '' : `${place}: `}${message.slice(0, 200)}`
  })
  const more = issues.length > MOST_PLACES ? ` (and ${issues.length - MOST_PLACES} more)` : ''
  return new SuiteError(
    'unexpected-answer',
    `${what} is not what Kubernetes promises: ${places.join('; ')}${more}`,
  )
}
