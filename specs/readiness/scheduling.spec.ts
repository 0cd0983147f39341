import { declare, provisioned, reach, SCHEDULING } from '../../support/readiness/index.ts'

describe('scheduling', () => {
  before('create both VMIs and wait for them', reach(provisioned))

  SCHEDULING.forEach(declare)
})
