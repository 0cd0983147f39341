/** A preflight check: it judges something before anything is created. */
import { describeError, InterruptedError } from '../../common/errors.ts'
import type { CatalogueFacts } from '../../run/criterion-record.ts'
import { CriterionSkipped } from '../../run/criterion.ts'
import type { Evidence } from '../../run/stage.ts'
import type { Parameters, PARAMETERS } from '../parameters.ts'
import type { Survey } from './survey.ts'

/** How a judge reports. It reports every violation, not only the first. */
export interface FindingRecorder {
  /** Records a fact; it appears in the reports whatever the outcome. */
  readonly fact: (what: string, value: string | number) => void
  /** Records a violation, as a sentence that stands alone, and the error that shows it, if any. */
  readonly wrong: (sentence: string, thrown?: unknown) => void
  /** Records a warning that is not a violation. */
  readonly warning: (sentence: string) => void
}

export interface Finding {
  readonly outcome: 'passed' | 'failed' | 'error' | 'not-judged'
  /** The violations, or the reason why the check could not be judged; empty if it passed. */
  readonly problems: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly warnings: readonly string[]
  /** The error that prevented reading or judging, or that shows a refusal. */
  readonly thrown?: unknown
}

export interface Check extends CatalogueFacts {
  /** The criterion's id; never changes. */
  readonly id: string
  /** The claim, as a sentence. */
  readonly title: string
  readonly examine: (survey: Survey) => Promise<Finding>
  /** The function `judge`, if the check needs only the parameters: then a report is enough to repeat the check. */
  readonly examineParameters?: (parameters: Parameters) => Finding
  /** Only for a check that is made only if parameters ask for it. */
  readonly onlyIf?: AskedFor
}

/** The parameter that requests a criterion that not every run judges. */
export interface AskedFor {
  /** The parameter that requests it, without its prefix. */
  readonly parameter: keyof typeof PARAMETERS
  readonly isAsked: (parameters: Parameters) => boolean
}

interface Definition<T> extends Omit<Check, 'examine' | 'examineParameters'> {
  /** The cause of a violation: the cluster (the criterion fails) or the parameters (an error). Default `cluster`. */
  readonly blames?: 'cluster' | 'input'
  /** Reads the cluster. If several checks read the same object, the survey reads it once. */
  readonly reads: (survey: Survey) => Promise<T>
  /** Judges what was read. @throws CriterionSkipped if that is not possible */
  readonly judge: (read: T, record: FindingRecorder) => void
}

/** Wraps a check so that errors while it reads or judges become its finding, and do not affect other checks. */
export function defineCheck<T>({ blames = 'cluster', reads, judge, ...check }: Definition<T>): Check {
  const examine = async (survey: Survey): Promise<Finding> => {
    const notes = new Notes()
    try {
      judge(await reads(survey), notes)
    } catch (error) {
      return notes.endBy(error)
    }
    return notes.end(blames)
  }
  return { ...check, examine }
}

/** A check of the parameters alone. */
export function defineParameterCheck({
  blames = 'input',
  judge,
  ...check
}: Omit<Definition<Parameters>, 'reads'>): Check {
  const examineParameters = (parameters: Parameters): Finding => {
    const notes = new Notes()
    try {
      judge(parameters, notes)
    } catch (error) {
      return notes.endBy(error)
    }
    return notes.end(blames)
  }
  const reads = (survey: Survey) => Promise.resolve(survey.parameters)
  return { ...defineCheck({ ...check, blames, reads, judge }), examineParameters }
}

/** What a judge reports, until it becomes a finding. */
class Notes implements FindingRecorder {
  readonly #evidence: Evidence[] = []
  readonly #problems: string[] = []
  readonly #warnings: string[] = []
  #shown: unknown

  readonly fact: FindingRecorder['fact'] = (what, value) => {
    this.#evidence.push({ what, value: String(value) })
  }
  readonly wrong: FindingRecorder['wrong'] = (sentence, thrown) => {
    this.#problems.push(sentence)
    this.#shown ??= thrown
  }
  readonly warning: FindingRecorder['warning'] = (sentence) => {
    this.#warnings.push(sentence)
  }

  end(blames: 'cluster' | 'input'): Finding {
    if (this.#problems.length === 0) return this.#finding('passed')
    return this.#finding(blames === 'cluster' ? 'failed' : 'error')
  }

  /** Turns an error of reading or judging into the finding. @throws InterruptedError if the run was interrupted */
  endBy(error: unknown): Finding {
    if (error instanceof InterruptedError) throw error
    if (error instanceof CriterionSkipped && this.#problems.length === 0)
      return this.#finding('not-judged', [error.message])
    return { ...this.#finding('error', [...this.#problems, describeError(error)]), thrown: error }
  }

  #finding(outcome: Finding['outcome'], problems: readonly string[] = this.#problems): Finding {
    return {
      outcome,
      problems,
      evidence: this.#evidence,
      warnings: this.#warnings,
      ...(this.#shown === undefined ? {} : { thrown: this.#shown }),
    }
  }
}
