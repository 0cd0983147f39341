import { CAPACITY, declare, reach, searched } from '../../support/readiness/index.ts'

/** Criteria that the run does not request are left out. */
describe('capacity', () => {
  before('measure what is asked for of the capacity', reach(searched))

  CAPACITY.forEach(declare)
})
