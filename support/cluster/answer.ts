/** Answers of the API server as the suite understands them; whatever else comes is told in a sentence. */
import type { z } from 'zod'
import { SuiteError } from '../common/errors.ts'

/** Of an answer that makes no sense all over, the first few places say enough. */
const MOST_PLACES = 3

/** @throws SuiteError `unexpected-answer` naming what is wrong with it and where; nothing of it is quoted */
export function readAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw unexpected(parsed.error, what)
}

export function unexpected({ issues }: z.ZodError, what: string): SuiteError {
  const places = issues.slice(0, MOST_PLACES).map(({ path, message }) => {
    // Keys are the cluster's words as well.
    const place = JSON.stringify(path.map(String).join('.').slice(0, 100)).slice(1, -1)
    return `${place === '' ? '' : `${place}: `}${message.slice(0, 200)}`
  })
  const more = issues.length > MOST_PLACES ? ` (and ${issues.length - MOST_PLACES} more)` : ''
  return new SuiteError(
    'unexpected-answer',
    `${what} is not what Kubernetes promises: ${places.join('; ')}${more}`,
  )
}
