/** Mocha's root hooks for the rootless suite: signals end the run, and whatever happened, the pods are removed. */
import { listenForSignals } from '../common/signals.ts'
import { suite } from './index.ts'

listenForSignals(suite.interrupt)

export const mochaHooks = {
  afterAll: suite.finish,
}
