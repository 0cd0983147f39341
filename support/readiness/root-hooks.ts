/**
 * Mocha's root hooks: a signal ends the run with cleanup and reports, and the testbed is removed whatever happened.
 */
import { onFirstSignal, TESTBED_IS_REMOVED } from '../common/signals.ts'
import { mustBeReported } from '../report/exit-guard.ts'
import { checkup } from './index.ts'

onFirstSignal(TESTBED_IS_REMOVED, checkup.interrupt)

export const mochaHooks = {
  beforeAll: mustBeReported,
  afterAll: checkup.finish,
}
