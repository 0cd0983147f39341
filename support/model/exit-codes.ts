import { EXIT_CODE } from '../common/exit-code.ts'
import type { Report, Verdict } from './report.ts'

/** The exit code for a verdict, in a run that does not accept waivers. */
export const EXIT_CODES: Readonly<Record<Verdict, 0 | 1 | 2>> = {
  passed: EXIT_CODE.ok,
  'passed-with-waivers': EXIT_CODE.failed,
  failed: EXIT_CODE.failed,
  inconclusive: EXIT_CODE.error,
  error: EXIT_CODE.error,
}

type Result = Pick<Report, 'verdict' | 'acceptsWaivers'>

/** Whether the run counts as success: it passed, or passed with waivers and accepts them. */
export function isSuccess({ verdict, acceptsWaivers }: Result): boolean {
  return verdict === 'passed' || (verdict === 'passed-with-waivers' && acceptsWaivers === true)
}

export function exitCodeOf(result: Result): 0 | 1 | 2 {
  return isSuccess(result) ? EXIT_CODE.ok : EXIT_CODES[result.verdict]
}
