import { assert } from 'chai'
import { criterion, linkDown, linked, reach } from '../../support/readiness/index.ts'

describe('link', () => {
  before('start testpmd and the traffic generator', reach(linked))

  for (const port of ['east', 'west'] as const) {
    criterion(`link.${port}`, `brings up the ${port} link`, linked, ({ links }, witness) => {
      const { vmUnderTest, trafficGenerator } = links
      witness(`VM under test, ${port} port`, vmUnderTest[port])
      witness(`traffic generator, ${port} port`, trafficGenerator[port])
      const down = linkDown(links, port)
      assert(down === undefined, down)
    })
  }
})
