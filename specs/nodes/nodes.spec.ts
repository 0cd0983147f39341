import { declare, NODES, reachPaired } from '../../support/readiness/index.ts'

/** Criteria that the run does not request are left out. */
describe('nodes', () => {
  before('measure between the nodes, where that is asked for', reachPaired)

  NODES.forEach(declare)
})
