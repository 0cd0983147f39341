/**
 * Mocha's root hooks: signals end the run with everything that belongs to an end, and whatever happened, the
 * testbed is removed.
 */
import { onFirstSignal, TESTBED_IS_REMOVED } from '../common/signals.ts'
import { checkup } from './index.ts'

onFirstSignal(TESTBED_IS_REMOVED, checkup.interrupt)

export const mochaHooks = {
  afterAll: checkup.finish,
}
