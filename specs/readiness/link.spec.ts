import { assert } from 'chai'
import { criterion, linkDown, linked, reach, ROLES, TITLES } from '../../support/readiness/index.ts'

describe('link', () => {
  before('start testpmd and the traffic generator', reach(linked))

  for (const port of ['east', 'west'] as const) {
    criterion(`link.${port}`, `brings up the ${port} link`, linked, ({ links }, witness) => {
      for (const role of ROLES) witness(`${TITLES[role]}, ${port} port`, links[role][port])
      const down = linkDown(links, port)
      assert(down === undefined, down)
    })
  }
})
