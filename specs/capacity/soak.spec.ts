import { declare, reach, SOAK, soaked } from '../../support/readiness/index.ts'

describe('soak', () => {
  before('send packets for long, where that is asked for', reach(soaked))

  SOAK.forEach(declare)
})
