import { inspect } from 'node:util'
import type { ForeignText } from './foreign-text.ts'
import { fullText, type Sentence, shortText } from './sentence.ts'

/**
 * The kinds of errors; stable, because code decides by them. The set is closed: a new kind is a new line here.
 */
export type SuiteErrorCode =
  // Waiting
  | 'timeout'
  | 'unreachable'
  | 'interrupted'
  | 'unrecoverable'
  | 'spec-timeout'
  // Input
  | 'invalid-input'
  | 'no-credentials'
  // The API server and its objects
  | 'api'
  | 'not-served'
  | 'no-cluster'
  | 'in-use'
  | 'not-claimed'
  | 'no-reports'
  | 'may-come-yet'
  | 'forbidden'
  | 'unexpected-answer'
  | 'vmi-deleted'
  | 'preflight'
  // A guest's console and shell
  | 'console-refused'
  | 'console-unreachable'
  | 'console-lost'
  | 'console-garbled'
  | 'guest-halted'
  | 'login-refused'
  | 'not-root'
  | 'not-rebooted'
  | 'command-failed'
  | 'output-too-large'
  | 'program-open'
  | 'program-ended'
  | 'program-alarm'
  // A guest's facts and output
  | 'unparsable'
  | 'bad-pci-address'
  | 'bad-cpu-list'
  | 'no-isolation-method'
  | 'no-interface'
  | 'too-few-queues'
  // The data plane
  | 'testpmd-start-failed'
  | 'testpmd-not-forwarding'
  | 'testpmd-ports'
  | 'engine-not-available'
  | 'engine-ports-refused'
  | 'engine-verbs-missing'
  | 'engine-no-memory'
  | 'generator-did-not-start'
  | 'generator-did-not-stop'
  | 'generator-lost'
  | 'counter-went-back'
  | 'statistics-refused'
  // Rootless pods
  | 'kubectl'
  | 'no-kubectl'
  | 'degraded'
  | 'data-url'
  | 'being-removed'
  | 'not-removed'
  | 'there-already'

/** What the suite waited for in a guest, for code that branches on it. */
export type Awaited = 'root-shell' | 'root-shell-after-reboot' | 'reboot' | 'command' | 'program' | 'answer'

/** How a console was lost: its connection, the shell behind it, or an answer that never came. */
export type ConsoleLoss = 'connection' | 'shell-ended' | 'unresponsive'

/** What happened, as data. Unknown facts are absent. */
export interface ErrorFacts {
  /** The guest's title, e.g. `VM under test`. */
  readonly guest?: string | undefined
  readonly awaited?: Awaited | undefined
  /** What was awaited, for people; it completes "waiting for …". */
  readonly claim?: string | undefined
  /** The state seen last; empty if none was seen. Not trusted. */
  readonly lastSeen?: string | undefined
  /** Milliseconds that the wait took. */
  readonly elapsed?: number | undefined
  /** The wait's time limit, in milliseconds. */
  readonly limit?: number | undefined
  readonly exitCode?: number | undefined
  /** A program's output. Not trusted. */
  readonly output?: string | undefined
  readonly loss?: ConsoleLoss | undefined
  /** HTTP status of the API server's refusal, and its message. */
  readonly status?: number | undefined
  readonly said?: ForeignText | undefined
  /** Why a connection was lost. */
  readonly reason?: string | undefined
  /** How many passwords were typed at a login prompt so far. */
  readonly passwordsTyped?: number | undefined
}

export interface SuiteErrorOptions extends ErrorOptions {
  readonly facts?: ErrorFacts
}

/**
 * The suite's errors. A fault of the *cluster* is an assertion failure in a spec; a `SuiteError` means that the suite
 * could not do its work. Code decides by `code` and `facts`; `message` and `sentence` are for people, and no code reads
 * them.
 */
export class SuiteError extends Error {
  readonly code: SuiteErrorCode
  readonly facts: ErrorFacts
  /** The message without long quotations of what was typed or printed. */
  readonly sentence: string
  /** The quotations that the sentence leaves out. */
  readonly excerpts: readonly string[]

  constructor(code: SuiteErrorCode, sentence: Sentence, { facts = {}, ...options }: SuiteErrorOptions = {}) {
    super(fullText(sentence), options)
    const short = shortText(sentence)
    this.name = new.target.name
    this.code = code
    this.facts = facts
    this.sentence = short.text
    this.excerpts = short.excerpts
  }
}

/** A wait that ran out of time: what was awaited, what was seen last, and how long it took. */
export class TimeoutError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('timeout', sentence, options)
  }
}

/**
 * The API server did not answer before the wait ended, or cannot be reached at all, so the awaited state is unknown.
 */
export class UnreachableError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('unreachable', sentence, options)
  }
}

/** The work was stopped because the run has to end: by a signal or `spec.timeout`. */
export class InterruptedError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('interrupted', sentence, options)
  }
}

/** The awaited object reached a final state, so waiting longer would be pointless. */
export class UnrecoverableError extends SuiteError {
  constructor(
    sentence: Sentence,
    { code = 'unrecoverable', ...options }: SuiteErrorOptions & { readonly code?: SuiteErrorCode } = {},
  ) {
    super(code, sentence, options)
  }
}

/** Invalid input from a user. Lists every violation, not only the first. */
export class InvalidInputError extends SuiteError {
  readonly violations: readonly string[]

  constructor(violations: readonly string[], code: SuiteErrorCode = 'invalid-input') {
    super(code, violations.join('; '))
    this.violations = violations
  }
}

/** Whether it is an error of the suite with one of these codes. */
export function isSuiteError(thrown: unknown, ...codes: readonly SuiteErrorCode[]): thrown is SuiteError {
  return thrown instanceof SuiteError && codes.includes(thrown.code)
}

/** The message of anything thrown, followed by the messages of its causes, without a stack. */
export function describeError(thrown: unknown): string {
  return chainOf(thrown, (error) => (error instanceof Error ? error.message || error.name : inspect(error)))
}

/** Like `describeError` without long quotations, for reports; `excerptsOf` returns the quotations. */
export function summarizeError(thrown: unknown): string {
  return chainOf(thrown, (error) => {
    if (error instanceof SuiteError) return error.sentence || error.name
    return error instanceof Error ? error.message || error.name : inspect(error)
  })
}

/** The quotations that `summarizeError` leaves out, of the error and its causes. */
export function excerptsOf(thrown: unknown): string[] {
  const found = errorChain(thrown).flatMap((error) => (error instanceof SuiteError ? error.excerpts : []))
  return [...new Set(found)]
}

function chainOf(thrown: unknown, sentenceOf: (error: unknown) => string): string {
  const sentences: string[] = []
  for (const error of errorChain(thrown)) {
    const sentence = sentenceOf(error)
    if (!sentences.some((said) => said.includes(sentence))) sentences.push(sentence)
    if (sentences.length === 5) break
  }
  return sentences.join(': ')
}

/** The error and its causes, at most twenty: a chain may be circular. */
export function errorChain(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  for (let error = thrown; error !== undefined && error !== null && chain.length < 20; error = causeOf(error))
    chain.push(error)
  return chain
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
