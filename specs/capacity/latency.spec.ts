import { declare, LATENCY, latencyMeasured, reach } from '../../support/readiness/index.ts'

describe('latency', () => {
  before('measure how late packets come back, where that is asked for', reach(latencyMeasured))

  LATENCY.forEach(declare)
})
