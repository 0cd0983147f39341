import { expect } from 'chai'
import type { NodeFindings, VmiFindings } from '../findings.ts'
import { asked, criterion, findings, unmet, vmi } from '../findings.fixture.ts'
import { SCHEDULING_CAUSES } from './scheduling.ts'

function proofOf(id: string, words: string, more: Parameters<typeof findings>[0] = {}) {
  const conditions: VmiFindings['conditions'] = [unmet('PodScheduled', 'Unschedulable', words)]
  const entry = SCHEDULING_CAUSES.find((cause) => cause.id === id)
  return entry?.find(
    findings({
      criteria: [criterion('scheduling.vm-under-test-ready')],
      vmis: { 'vm-under-test': vmi({ conditions }) },
      ...more,
    }),
  )
}

describe('the cause of a target node that no pod gets to', () => {
  const node: NodeFindings = {
    name: 'ip-10-0-0-1.ec2.internal',
    unschedulable: false,
    labels: { 'kubernetes.io/hostname': 'ip-10-0-0-1' },
    allocatable: {},
  }
  const words = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
  const because = (target: string) =>
    proofOf('target-node-unfit', words, {
      asked: asked({ targetNodes: [target] }),
      nodes: { found: [node] },
    })

  for (const target of ['ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1']) {
    it(`does not deny the node ${target}, which is there`, () => {
      expect(because(target)).to.include({ certainty: 'likely' })
      expect(because(target)?.sentence).to.match(/^the target nodes ip-10-0-0-1\S* do not take /)
    })
  }

  it('denies one that is there by neither', () => {
    expect(because('ip-10-0-0-3')?.sentence).to.match(/^there is no node ip-10-0-0-3/)
  })
})
