import { CAPACITY, declare, reach, searched } from '../../support/readiness/index.ts'

/** Only what a run asks for; the rest is no part of it. */
describe('capacity', () => {
  before('measure what is asked for of the capacity', reach(searched))

  CAPACITY.forEach(declare)
})
