/** Mocha's root hooks for the rootless suite: signals end the run, and whatever happened, the pods are removed. */
import { listenForSignals } from '../common/signals.ts'
import { finish, interrupt } from './suite.ts'

listenForSignals(interrupt)

export const mochaHooks = {
  afterAll: finish,
}
