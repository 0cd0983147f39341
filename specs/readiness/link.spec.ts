import { declare, LINK, linked, reach } from '../../support/readiness/index.ts'

describe('link', () => {
  before('start testpmd and the traffic generator', reach(linked))

  LINK.forEach(declare)
})
