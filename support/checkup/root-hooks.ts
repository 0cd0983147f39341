/**
 * Mocha's root hooks: signals end the run with everything that belongs to an end, and whatever happened, the
 * testbed is removed.
 */
import { listenForSignals } from '../common/signals.ts'
import { finish, interrupt } from './checkup.ts'

listenForSignals(interrupt)

export const mochaHooks = {
  afterAll: finish,
}
