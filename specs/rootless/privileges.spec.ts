import { declare, PRIVILEGES, reach, START, tapStarted } from '../../support/rootless/index.ts'

describe('privileges', () => {
  before('deploy the tap', reach(tapStarted))

  PRIVILEGES.forEach(declare)
})

describe('start', () => {
  before('deploy the tap', reach(tapStarted))

  START.forEach(declare)
})
