import { EXIT_CODE } from '../common/exit-code.ts'
import type { Verdict } from './report.ts'

/** The exit code for a verdict. */
export const EXIT_CODES: Readonly<Record<Verdict, 0 | 1 | 2>> = {
  passed: EXIT_CODE.ok,
  failed: EXIT_CODE.failed,
  inconclusive: EXIT_CODE.error,
  error: EXIT_CODE.error,
}
