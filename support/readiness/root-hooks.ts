/**
 * Mocha's root hooks: signals end the run with everything that belongs to an end, and whatever happened, the
 * testbed is removed.
 */
import { listenForSignals } from '../common/signals.ts'
import { checkup } from './index.ts'

listenForSignals(checkup.interrupt)

export const mochaHooks = {
  afterAll: checkup.finish,
}
