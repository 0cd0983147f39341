/** Mocha's root hooks for the rootless suite: a signal ends the run, and the pods are removed whatever happened. */
import { onFirstSignal, TESTBED_IS_REMOVED } from '../common/signals.ts'
import { mustBeReported } from '../report/exit-guard.ts'
import { suite } from './index.ts'

onFirstSignal(TESTBED_IS_REMOVED, suite.interrupt)

export const mochaHooks = {
  beforeAll: mustBeReported,
  afterAll: suite.finish,
}
