import { assert } from 'chai'
import {
  criterion,
  notJudged,
  provisioned,
  reach,
  ROLES,
  TITLES,
  type VmiOutcome,
  type Witness,
} from '../../support/readiness/index.ts'

describe('scheduling', () => {
  before('create both VMIs and wait for them', reach(provisioned))

  criterion(
    'scheduling.vm-under-test-ready',
    'schedules the VM under test and gets it ready',
    provisioned,
    ({ vmis }, witness) => {
      mustBeReady(vmis['vm-under-test'], witness)
    },
  )

  criterion(
    'scheduling.traffic-generator-ready',
    'schedules the traffic generator and gets it ready',
    provisioned,
    ({ vmis }, witness) => {
      mustBeReady(vmis['traffic-generator'], witness)
    },
  )

  criterion(
    'scheduling.nodes',
    'puts both VMIs on the nodes they were asked for',
    provisioned,
    ({ vmis, parameters: { targetNodes } }, witness) => {
      const placed = ROLES.map((role) => {
        const vmi = vmis[role]
        return 'ready' in vmi ? { role, nodeName: vmi.nodeName } : notJudged('a VMI is not ready')
      })
      for (const { role, nodeName } of placed) witness(`node of the ${TITLES[role]}`, nodeName)
      if (targetNodes === undefined) notJudged('no target nodes were asked for')
      for (const { role, nodeName } of placed)
        assert(
          nodeName === targetNodes[role],
          `the ${TITLES[role]} runs on ${nodeName}, not on ${targetNodes[role]}`,
        )
    },
  )
})

function mustBeReady(vmi: VmiOutcome, witness: Witness): void {
  if ('ready' in vmi) {
    witness('node', vmi.nodeName)
    return
  }
  if (vmi.outcome === 'error') throw new Error(vmi.notReady)
  assert.fail(vmi.notReady)
}
