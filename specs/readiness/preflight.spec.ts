import { declare, PRECONDITION, preconditions, reach } from '../../support/readiness/index.ts'

describe('preflight', () => {
  before('look at what can be known before anything is created', reach(preconditions))

  PRECONDITION.forEach(declare)
})
