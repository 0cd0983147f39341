/** The links of both guests. */
import { assert } from 'chai'
import { linkDown } from '../../model/links.ts'
import { PORT_NAMES } from '../../model/ports.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const LINK: readonly ReadinessCriterion[] = PORT_NAMES.map((port) => ({
  id: `link.${port}`,
  title: `the ${port} link is up`,
  rationale: 'A port without a link carries no packets.',
  remediation: 'Check the cable, the switch port and the state of the VF.',
  isEssential: true,
  stage: 'linked',
  judge: ({ links }, record) => {
    for (const role of ROLES) record(`${TITLES[role]}, ${port} port`, links[role][port])
    const down = linkDown(links, port)
    assert(down === undefined, down)
  },
}))
