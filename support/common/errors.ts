import { inspect } from 'node:util'

/**
 * The suite's errors. Whatever is wrong with the *cluster* is an assertion failure in a spec; everything
 * here means that the suite could not do its work. `message` is a whole sentence for a person.
 */
export class SuiteError extends Error {
  /** Stable, machine-readable name of what went wrong, e.g. `timeout` or `console-lost`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A wait ran out of time. Says what was awaited, what was seen last, and how long it took. */
export class TimeoutError extends SuiteError {
  constructor(message: string, options?: ErrorOptions) {
    super('timeout', message, options)
  }
}

/** Who would know did not answer, to the end of a wait: of what was waited for nothing can be said. */
export class UnreachableError extends SuiteError {
  constructor(message: string, options?: ErrorOptions) {
    super('unreachable', message, options)
  }
}

/** The run was asked to end (a signal, or `spec.timeout`), so the work in hand was given up. */
export class InterruptedError extends SuiteError {
  constructor(message: string, options?: ErrorOptions) {
    super('interrupted', message, options)
  }
}

/** Something reached a state it can't leave any more; waiting longer would be pointless. */
export class UnrecoverableError extends SuiteError {
  constructor(message: string, options?: ErrorOptions) {
    super('unrecoverable', message, options)
  }
}

/** Input that people wrote is not valid. Lists every violation, never the first one only. */
export class InvalidInputError extends SuiteError {
  readonly violations: readonly string[]

  constructor(violations: readonly string[]) {
    super('invalid-input', violations.join('; '))
    this.violations = violations
  }
}

/** The sentence of whatever was thrown, with its causes behind it, without a stack. */
export function describeError(thrown: unknown): string {
  const sentences: string[] = []
  for (let error = thrown; error !== undefined && error !== null; error = causeOf(error)) {
    const sentence = error instanceof Error ? error.message || error.name : inspect(error)
    if (!sentences.some((said) => said.includes(sentence))) sentences.push(sentence)
    if (sentences.length === 5) break
  }
  return sentences.join(': ')
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
