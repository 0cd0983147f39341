import { declare, forwarded, FORWARDING, reach } from '../../support/rootless/index.ts'

describe('forwarding', () => {
  before('send packets through the port-forwarder', reach(forwarded))

  FORWARDING.forEach(declare)
})
