import { assert } from 'chai'
import {
  criterion,
  notJudged,
  provisioned,
  reach,
  type VmiOutcome,
  type Witness,
} from '../../support/readiness/index.ts'

describe('scheduling', () => {
  before('create both VMIs and wait for them', reach(provisioned))

  criterion(
    'scheduling.vm-under-test-ready',
    'schedules the VM under test and gets it ready',
    provisioned,
    ({ vmUnderTest }, witness) => {
      mustBeReady(vmUnderTest, witness)
    },
  )

  criterion(
    'scheduling.traffic-generator-ready',
    'schedules the traffic generator and gets it ready',
    provisioned,
    ({ trafficGenerator }, witness) => {
      mustBeReady(trafficGenerator, witness)
    },
  )

  criterion(
    'scheduling.nodes',
    'puts both VMIs on the nodes they were asked for',
    provisioned,
    ({ vmUnderTest, trafficGenerator, parameters: { targetNodes } }, witness) => {
      if (!('ready' in vmUnderTest) || !('ready' in trafficGenerator)) notJudged('a VMI is not ready')
      witness('node of the VM under test', vmUnderTest.nodeName)
      witness('node of the traffic generator', trafficGenerator.nodeName)
      if (targetNodes === undefined) notJudged('no target nodes were asked for')
      assert(
        vmUnderTest.nodeName === targetNodes.vmUnderTest,
        `the VM under test runs on ${vmUnderTest.nodeName}, not on ${targetNodes.vmUnderTest}`,
      )
      assert(
        trafficGenerator.nodeName === targetNodes.trafficGen,
        `the traffic generator runs on ${trafficGenerator.nodeName}, not on ${targetNodes.trafficGen}`,
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
