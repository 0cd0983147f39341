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
  readonly saw: (what: string, value: string | number) => void
  /** Records a violation, as a sentence that stands alone, and the error that shows it, if any. */
  readonly wrong: (sentence: string, thrown?: unknown) => void
  /** Records a warning that is not a violation. */
  readonly warning: (sentence: string) => void
}

export interface Finding {
  readonly outcome: 'passed' | 'failed' | 'error' | 'not-judged'
  /** The violations, or the one reason why the check could not be judged; empty if it passed. */
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
  /** Only for a check that is made only if parameters ask for it. */
  readonly onlyIf?: AskedFor
}

/** What asks for a criterion that not every run judges. */
export interface AskedFor {
  /** The parameter that requests it, without its prefix. */
  readonly parameter: keyof typeof PARAMETERS
  readonly isAsked: (parameters: Parameters) => boolean
}

interface Definition<T> extends Omit<Check, 'examine'> {
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
    const evidence: Evidence[] = []
    const problems: string[] = []
    const warnings: string[] = []
    let shown: unknown
    const conclude = (outcome: Finding['outcome'], because: readonly string[] = problems): Finding => ({
      outcome,
      problems: because,
      evidence,
      warnings,
      ...(shown === undefined ? {} : { thrown: shown }),
    })
    try {
      judge(await reads(survey), {
        saw: (what, value) => void evidence.push({ what, value: String(value) }),
        wrong: (sentence, thrown) => {
          problems.push(sentence)
          shown ??= thrown
        },
        warning: (sentence) => void warnings.push(sentence),
      })
    } catch (error) {
      if (error instanceof InterruptedError) throw error
      if (error instanceof CriterionSkipped && problems.length === 0)
        return conclude('not-judged', [error.message])
      return { ...conclude('error', [...problems, describeError(error)]), thrown: error }
    }
    if (problems.length === 0) return conclude('passed')
    return conclude(blames === 'cluster' ? 'failed' : 'error')
  }
  return { ...check, examine }
}
