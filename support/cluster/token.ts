/** Bearer tokens: validates them, and reads those in files that other programs renew. */
import { readFileSync } from 'node:fs'
import { describeError, SuiteError } from '../common/errors.ts'

/** Milliseconds after which a file is read again, as in client-go. */
const READ_AGAIN = 60_000

/**
 * The token without surrounding line breaks, which editors and `echo` add and an HTTP header cannot contain.
 * @throws SuiteError `no-credentials` if it is still not a valid token
 */
export function cleanToken(text: string, whose: string): string {
  const token = text.trim()
  if (token === '') throw new SuiteError('no-credentials', `${whose} is empty`)
  if (/^[\x20-\x7e\x80-\xff]*$/.test(token)) return token
  const message = `${whose} contains a line break or another character that an HTTP header cannot contain`
  throw new SuiteError('no-credentials', message)
}

export class TokenFile {
  readonly #path: string
  /** The kubeconfig's token, used while the file cannot be read. */
  #token: string | undefined
  #readAt = -Infinity

  constructor(path: string, fallback: string | undefined) {
    this.#path = path
    this.#token = fallback
  }

  /** @throws SuiteError `no-credentials` if the file was never readable and there is no other token */
  read(): string {
    if (this.#token !== undefined && performance.now() - this.#readAt < READ_AGAIN) return this.#token
    try {
      this.#token = cleanToken(readFileSync(this.#path, 'utf8'), `the token file ${this.#path}`)
      this.#readAt = performance.now()
    } catch (error) {
      if (this.#token === undefined) throw unreadable(this.#path, error)
    }
    return this.#token
  }
}

function unreadable(path: string, error: unknown): SuiteError {
  if (error instanceof SuiteError) return error
  return new SuiteError('no-credentials', `the token file ${path} cannot be read: ${describeError(error)}`)
}
