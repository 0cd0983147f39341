/** A preflight check: something that can be known before anything is created. */
import { describeError, InterruptedError } from '../../common/errors.ts'
import { Unjudged } from '../../run/criterion.ts'
import type { Evidence } from '../../run/stage.ts'
import type { Survey } from './survey.ts'

/** What a judge says while it looks. Every violation is said, not the first one only. */
export interface Say {
  /** What was read; it stands in the reports whatever the outcome. */
  readonly saw: (what: string, value: string | number) => void
  /** A violation, as a sentence that needs no other beside it, and the error that shows it, where one does. */
  readonly wrong: (sentence: string, thrown?: unknown) => void
  /** What people should know, and what is no violation. */
  readonly warning: (sentence: string) => void
}

export interface Finding {
  readonly outcome: 'passed' | 'failed' | 'error' | 'not-judged'
  /** The violations, or the one reason why nothing could be judged; empty where it passed. */
  readonly problems: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly warnings: readonly string[]
  /** What was thrown where it could not be read or judged, or was refused. */
  readonly thrown?: unknown
}

export interface Check {
  /** Of the criterion; stable for ever. */
  readonly id: string
  /** The claim, completing "it …" or "the cluster …". */
  readonly title: string
  readonly examine: (survey: Survey) => Promise<Finding>
}

interface Definition<T> extends Pick<Check, 'id' | 'title'> {
  /** Whose fault a violation is: the cluster fails, what people asked for can't be judged. Default `cluster`. */
  readonly blames?: 'cluster' | 'input'
  /** What it reads of the cluster. Reads that several checks have in common are made once. */
  readonly reads: (survey: Survey) => Promise<T>
  /** Judges what was read. @throws Unjudged where that can't be done */
  readonly judge: (read: T, say: Say) => void
}

/** A check whose faults stay its own: whatever goes wrong while it reads or judges is its finding. */
export function defineCheck<T>({ id, title, blames = 'cluster', reads, judge }: Definition<T>): Check {
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
      if (error instanceof Unjudged && problems.length === 0) return conclude('not-judged', [error.message])
      return { ...conclude('error', [...problems, describeError(error)]), thrown: error }
    }
    if (problems.length === 0) return conclude('passed')
    return conclude(blames === 'cluster' ? 'failed' : 'error')
  }
  return { id, title, examine }
}
