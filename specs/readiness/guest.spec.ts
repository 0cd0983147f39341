import { declare, GUEST, prepared, reach } from '../../support/readiness/index.ts'

describe('guest', () => {
  before('log in to both guests and configure them', reach(prepared))

  GUEST.forEach(declare)
})
