/**
 * The run as stages, each of which requires the one before: configured → provisioned → prepared → linked → measured.
 * The first spec that needs a stage starts it, and its facts are kept for the others. A stage fails only if it cannot
 * obtain its facts. So specs can run in any order and any selection.
 */
import { describeError, summarizeError } from '../common/errors.ts'
import { EngineError } from '../dataplane/engine-error.ts'
import type { Outcome } from '../model/criterion-result.ts'

export interface Evidence {
  readonly what: string
  readonly value: string
}

/** Why a stage was not reached. The first criterion that needed it reports the failure; the others are skipped. */
export class StageFailure extends Error {
  readonly outcome: Extract<Outcome, 'failed' | 'error' | 'not-judged'>
  readonly evidence: readonly Evidence[]
  /** The message without long quotations. */
  sentence: string
  /** Id of the criterion that reports it, once there is one. */
  reportedBy: string | undefined

  constructor(
    outcome: StageFailure['outcome'],
    message: string,
    evidence: readonly Evidence[] = [],
    cause?: unknown,
  ) {
    super(message, { cause })
    this.outcome = outcome
    this.evidence = evidence
    this.sentence = message
  }

  /** From anything thrown: the failure takes its message. */
  static of(
    outcome: StageFailure['outcome'],
    thrown: unknown,
    evidence: readonly Evidence[] = [],
  ): StageFailure {
    const failure = new StageFailure(outcome, describeError(thrown), evidence, thrown)
    failure.sentence = summarizeError(thrown)
    return failure
  }
}

export type Reached<T> = { readonly facts: T } | { readonly failure: StageFailure }

/** Records facts of a stage as soon as they are known; they are kept if the stage fails later. */
export type RecordKnown<T> = (facts: Partial<T>) => void

export class Stage<T> {
  readonly name: string
  readonly #work: (recordKnown: RecordKnown<T>) => Promise<T>
  #reached: Promise<Reached<T>> | undefined
  #failure: StageFailure | undefined
  #known: Partial<T> | undefined
  #endedAt: number | undefined

  constructor(name: string, work: (recordKnown: RecordKnown<T>) => Promise<T>) {
    this.name = name
    this.#work = work
  }

  /** The facts if it was reached, otherwise those recorded so far. Reading it does not start the stage. */
  get known(): Partial<T> | undefined {
    return this.#known
  }

  /** Why it was not reached, once that is known. Reading it does not start the stage. */
  get failure(): StageFailure | undefined {
    return this.#failure
  }

  /** When it was reached, or was found out of reach, by `performance.now()`; undefined before. */
  get endedAt(): number | undefined {
    return this.#endedAt
  }

  /** Never rejects. */
  reach(): Promise<Reached<T>> {
    const recordKnown: RecordKnown<T> = (facts) => {
      this.#known = { ...this.#known, ...facts }
    }
    this.#reached ??= this.#work(recordKnown).then(
      (facts) => {
        this.#known = facts
        this.#endedAt = performance.now()
        return { facts }
      },
      (error: unknown) => {
        this.#endedAt = performance.now()
        return { failure: (this.#failure = toFailure(error)) }
      },
    )
    return this.#reached
  }

  /** The facts, for a stage that requires this one. @throws StageFailure of this stage, the same object */
  async facts(): Promise<T> {
    const reached = await this.reach()
    if ('failure' in reached) throw reached.failure
    return reached.facts
  }
}

/** A hook that starts a stage, so that its time does not count as the first criterion's. Never fails. */
export function reach(stage: Stage<unknown>): () => Promise<void> {
  return async () => {
    await stage.reach()
  }
}

function toFailure(thrown: unknown): StageFailure {
  if (thrown instanceof StageFailure) return thrown
  // Errors of Node's own waits say "The operation was aborted"; the reason is in their cause.
  const isAbort = thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Error
  const error = isAbort ? thrown.cause : thrown
  const evidence = error instanceof EngineError ? error.evidence : []
  return StageFailure.of('error', error, evidence)
}
