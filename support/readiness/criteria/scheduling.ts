/** Both VMIs become ready, on the requested nodes. */
import { assert } from 'chai'
import { ROLES, TITLES } from '../../model/role.ts'
import { HOSTNAME_LABEL } from '../../model/target-node.ts'
import { skipCriterion } from '../../run/criterion.ts'
import type { RecordFact } from '../../run/criterion-record.ts'
import type { VmiOutcome } from '../wait-ready.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const SCHEDULING: readonly ReadinessCriterion[] = [
  {
    id: 'scheduling.vm-under-test-ready',
    title: 'the VM under test is scheduled and becomes ready',
    rationale: 'A cluster that cannot start such a VM cannot run DPDK workloads.',
    remediation: "Follow the cause in the report: scheduling, images, devices or the guest's boot.",
    isEssential: true,
    stage: 'provisioned',
    judge: ({ vmis }, record) => {
      mustBeReady(vmis['vm-under-test'], record)
    },
  },
  {
    id: 'scheduling.traffic-generator-ready',
    title: 'the traffic generator is scheduled and becomes ready',
    rationale: 'Without the traffic generator nothing can be measured.',
    remediation: "Follow the cause in the report: scheduling, images, devices or the guest's boot.",
    guardsHonesty: true,
    isEssential: true,
    stage: 'provisioned',
    judge: ({ vmis }, record) => {
      mustBeReady(vmis['traffic-generator'], record)
    },
  },
  {
    id: 'scheduling.nodes',
    title: 'the VMIs run on the requested nodes',
    rationale: 'A result of other nodes says nothing about the requested nodes.',
    remediation: 'Correct the names of the target nodes, or free resources on these nodes.',
    guardsHonesty: true,
    stage: 'provisioned',
    judge: ({ vmis, parameters: { targetNodes } }, record) => {
      const placed = ROLES.map((role) => {
        const vmi = vmis[role]
        return 'ready' in vmi ? { role, ...vmi } : skipCriterion('a VMI is not ready')
      })
      for (const { role, nodeName, hostname } of placed) {
        record(`node of the ${TITLES[role]}`, nodeName)
        if (hostname !== undefined) record(`its label ${HOSTNAME_LABEL}`, hostname)
      }
      if (targetNodes === undefined) skipCriterion('no target nodes were requested')
      for (const { role, nodeName, hostname } of placed) {
        const target = targetNodes[role]
        if (nodeName !== target && hostname === undefined)
          skipCriterion(`whether ${nodeName} has the label ${HOSTNAME_LABEL}=${target} could not be read`)
        assert(
          nodeName === target || hostname === target,
          `the ${TITLES[role]} runs on ${nodeName}, not on ${target}`,
        )
      }
    },
  },
]

function mustBeReady(vmi: VmiOutcome, record: RecordFact): void {
  if ('ready' in vmi) {
    record('node', vmi.nodeName)
    return
  }
  if (vmi.outcome === 'not-judged') skipCriterion(vmi.notReady)
  if (vmi.outcome === 'error') throw new Error(vmi.notReady)
  assert.fail(vmi.notReady)
}
