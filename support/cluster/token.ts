/** Bearer tokens: what of them a request can carry, and those that are in a file which others renew. */
import { readFileSync } from 'node:fs'
import { describeError, SuiteError } from '../common/errors.ts'

/** Milliseconds after which a file is read again, as in client-go. */
const READ_AGAIN = 60_000

/**
 * The token without the line breaks around it: editors and `echo` leave one behind, and the header that carries a token
 * cannot hold any. @throws SuiteError `no-credentials` where it is none even so
 */
export function cleanToken(text: string, whose: string): string {
  const token = text.trim()
  if (token === '') throw new SuiteError('no-credentials', `${whose} is empty`)
  if (/^[\x20-\x7e\x80-\xff]*$/.test(token)) return token
  const message = `${whose} holds a line break or another character that no request can carry`
  throw new SuiteError('no-credentials', message)
}

export class TokenFile {
  readonly #path: string
  /** What counts while the file cannot be read, where the kubeconfig has one beside it. */
  #token: string | undefined
  #readAt = -Infinity

  constructor(path: string, fallback: string | undefined) {
    this.#path = path
    this.#token = fallback
  }

  /** @throws SuiteError `no-credentials` where it was never readable, and there is no other */
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
  return new SuiteError('no-credentials', `the token file ${path} can not be read: ${describeError(error)}`)
}
