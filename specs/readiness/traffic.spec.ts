import { declare, measured, reach, TRAFFIC } from '../../support/readiness/index.ts'

describe('traffic', () => {
  before('send packets through the VM under test', reach(measured))

  TRAFFIC.forEach(declare)
})
