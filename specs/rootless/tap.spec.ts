import { declare, reach, TAP, tapPinged } from '../../support/rootless/index.ts'

describe('tap', () => {
  before('ping through the tap', reach(tapPinged))

  TAP.forEach(declare)
})
