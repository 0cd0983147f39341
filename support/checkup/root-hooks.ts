/**
 * Mocha's root hooks: signals end the run with everything that belongs to an end, and whatever happened, the
 * testbed is removed.
 */
import { finish, interrupt } from './checkup.ts'
import { listenForSignals } from './signals.ts'

listenForSignals(interrupt)

export const mochaHooks = {
  afterAll: finish,
}
