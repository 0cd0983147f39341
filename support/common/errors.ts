import { inspect } from 'node:util'
import type { ForeignText } from './foreign-text.ts'
import { fullText, type Sentence, shortText } from './sentence.ts'

/**
 * What kind of thing went wrong; stable, for code that decides by it. The set is closed: a new kind is a new line
 * here.
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
  | 'guest-panicked'
  | 'login-refused'
  | 'not-root'
  | 'not-rebooted'
  | 'command-failed'
  | 'output-too-large'
  | 'program-open'
  | 'program-ended'
  | 'program-alarm'
  // What a guest has and says
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

/** What is awaited of a guest, for code that decides by it. */
export type Awaited = 'root-shell' | 'root-shell-after-reboot' | 'reboot' | 'command' | 'program' | 'answer'

/** How a console was lost: its connection, the shell behind it, or an answer that never came. */
export type ConsoleLoss = 'connection' | 'shell-ended' | 'unresponsive'

/** What happened, as data. Every part is there only where it is known. */
export interface ErrorFacts {
  /** Which guest, as people call it: `VM under test`. */
  readonly guest?: string | undefined
  readonly awaited?: Awaited | undefined
  /** What was awaited, for people; it completes "waiting for …". */
  readonly claim?: string | undefined
  /** The last that was seen of it; empty where nothing was. Not trusted. */
  readonly lastSeen?: string | undefined
  /** Milliseconds that were waited. */
  readonly elapsed?: number | undefined
  /** Milliseconds that there were. */
  readonly limit?: number | undefined
  readonly exitCode?: number | undefined
  /** What a program had printed. Not trusted. */
  readonly output?: string | undefined
  readonly loss?: ConsoleLoss | undefined
  /** HTTP status of the API server's refusal, and its own words. */
  readonly status?: number | undefined
  readonly said?: ForeignText | undefined
  /** Why a connection was lost. */
  readonly reason?: string | undefined
  /** Passwords that were typed at a login prompt so far. */
  readonly passwordsTyped?: number | undefined
}

export interface SuiteErrorOptions extends ErrorOptions {
  readonly facts?: ErrorFacts
}

/**
 * The suite's errors. Whatever is wrong with the *cluster* is an assertion failure in a spec; everything
 * here means that the suite could not do its work. Code decides by `code` and `facts`; `message` and `sentence` are for
 * people, and no code reads them.
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

/** A wait ran out of time. Says what was awaited, what was seen last, and how long it took. */
export class TimeoutError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('timeout', sentence, options)
  }
}

/**
 * The API server did not answer until the wait ended, or never will as things are, so nothing is known of what was
 * waited for.
 */
export class UnreachableError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('unreachable', sentence, options)
  }
}

/** The run was asked to end (a signal, or `spec.timeout`), so the work in hand was given up. */
export class InterruptedError extends SuiteError {
  constructor(sentence: Sentence, options?: SuiteErrorOptions) {
    super('interrupted', sentence, options)
  }
}

/** Something reached a state it can't leave any more; waiting longer would be pointless. */
export class UnrecoverableError extends SuiteError {
  constructor(
    sentence: Sentence,
    { code = 'unrecoverable', ...options }: SuiteErrorOptions & { readonly code?: SuiteErrorCode } = {},
  ) {
    super(code, sentence, options)
  }
}

/** Input that people wrote is not valid. Lists every violation, never the first one only. */
export class InvalidInputError extends SuiteError {
  readonly violations: readonly string[]

  constructor(violations: readonly string[], code: SuiteErrorCode = 'invalid-input') {
    super(code, violations.join('; '))
    this.violations = violations
  }
}

/** Whether the suite threw it, with one of these codes. */
export function isSuiteError(thrown: unknown, ...codes: readonly SuiteErrorCode[]): thrown is SuiteError {
  return thrown instanceof SuiteError && codes.includes(thrown.code)
}

/** The sentence of whatever was thrown, with its causes behind it, without a stack. */
export function describeError(thrown: unknown): string {
  return chainOf(thrown, (error) => (error instanceof Error ? error.message || error.name : inspect(error)))
}

/** The same without long quotations, as people read it in a report; `excerptsOf` has those. */
export function summarizeError(thrown: unknown): string {
  return chainOf(thrown, (error) => {
    if (error instanceof SuiteError) return error.sentence || error.name
    return error instanceof Error ? error.message || error.name : inspect(error)
  })
}

/** What `summarizeError` leaves out, of the error and of all its causes. */
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

/** The error and its causes, at most twenty of them: a chain may go round. */
export function errorChain(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  for (let error = thrown; error !== undefined && error !== null && chain.length < 20; error = causeOf(error))
    chain.push(error)
  return chain
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
