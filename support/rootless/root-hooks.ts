/** Mocha's root hooks for the rootless suite: signals end the run, and whatever happened, the pods are removed. */
import { onFirstSignal, TESTBED_IS_REMOVED } from '../common/signals.ts'
import { suite } from './index.ts'

onFirstSignal(TESTBED_IS_REMOVED, suite.interrupt)

export const mochaHooks = {
  afterAll: suite.finish,
}
