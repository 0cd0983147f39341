/**
 * The run as stages, each resting on the one before: configured → provisioned → prepared → linked →
 * measured. A stage is reached once, whichever spec asks first, and holds facts; only a fault that kept
 * it from finding facts is a failure. Specs therefore run in any order and any selection.
 */
import { describeError, summarizeError } from '../common/errors.ts'
import { EngineError } from '../dataplane/engine-error.ts'
import type { Outcome } from '../model/report.ts'

export interface Evidence {
  readonly what: string
  readonly value: string
}

/** Why a stage was not reached. The first criterion that needed it carries it; the others are not judged. */
export class StageFailure extends Error {
  readonly outcome: Extract<Outcome, 'failed' | 'error' | 'not-judged'>
  readonly evidence: readonly Evidence[]
  /** The message without long quotations. */
  sentence: string
  /** Id of the criterion that carries it, once there is one. */
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

  /** Of what was thrown: its sentence is the failure's. */
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

/** Notes facts of a stage as soon as they are known; a stage that fails later keeps them. */
export type Note<T> = (facts: Partial<T>) => void

export class Stage<T> {
  readonly name: string
  readonly #work: (note: Note<T>) => Promise<T>
  #reached: Promise<Reached<T>> | undefined
  #failure: StageFailure | undefined
  #known: Partial<T> | undefined

  constructor(name: string, work: (note: Note<T>) => Promise<T>) {
    this.name = name
    this.#work = work
  }

  /** The facts once it is reached, and what it had noted where it was not. Reading it does not start the stage. */
  get known(): Partial<T> | undefined {
    return this.#known
  }

  /** Why it was not reached, once that is known. Reading it does not start the stage. */
  get failure(): StageFailure | undefined {
    return this.#failure
  }

  /** Never rejects. */
  reach(): Promise<Reached<T>> {
    const note: Note<T> = (facts) => {
      this.#known = { ...this.#known, ...facts }
    }
    this.#reached ??= this.#work(note).then(
      (facts) => {
        this.#known = facts
        return { facts }
      },
      (error: unknown) => ({ failure: (this.#failure = toFailure(error)) }),
    )
    return this.#reached
  }

  /** The facts, for a stage that rests on this one. @throws StageFailure of this stage, the same object */
  async facts(): Promise<T> {
    const reached = await this.reach()
    if ('failure' in reached) throw reached.failure
    return reached.facts
  }
}

/** A hook that brings a stage about, so that its time is not counted as the first criterion's. Never fails. */
export function reach(stage: Stage<unknown>): () => Promise<void> {
  return async () => {
    await stage.reach()
  }
}

function toFailure(thrown: unknown): StageFailure {
  if (thrown instanceof StageFailure) return thrown
  // Node's own waits say "The operation was aborted", and why in the cause.
  const isAbort = thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Error
  const error = isAbort ? thrown.cause : thrown
  const evidence = error instanceof EngineError ? error.evidence : []
  return StageFailure.of('error', error, evidence)
}
