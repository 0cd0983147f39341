import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { NodeFindings, VmiFindings } from '../findings.ts'
import { asked, criterion, findings, unmet, vmi } from '../findings.fixture.ts'
import { SCHEDULING_CAUSES } from './scheduling.ts'

function proofOf(id: string, text: string, more: Parameters<typeof findings>[0] = {}) {
  const conditions: VmiFindings['conditions'] = [unmet('PodScheduled', 'Unschedulable', text)]
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
  const text = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
  const because = (target: string) =>
    proofOf('target-node-unfit', text, {
      asked: asked({ targetNodes: [target] }),
      nodes: { found: [node] },
    })

  for (const target of ['ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1']) {
    it(`does not deny the node ${target}, which is there`, () => {
      expect(because(target)).to.include({ certainty: 'likely' })
      expect(because(target)?.sentence).to.match(/^the target nodes ip-10-0-0-1\S* do not accept /)
    })
  }

  it('denies one that is there by neither', () => {
    expect(because('ip-10-0-0-3')?.sentence).to.match(
      /^the parameters name node ip-10-0-0-3 for .*, but there is no such node$/,
    )
  })
})

describe('the cause of nodes that take no new pod', () => {
  const file = join(import.meta.dirname, '../../../fixtures/cases/taint-groups/message.txt')
  const because = (text: string) => proofOf('nodes-closed', text)?.sentence

  it('adds up the groups in which the scheduler tells of taints, and names these', () => {
    expect(because(readFileSync(file, 'utf8'))).to.equal(
      '13 of 17 nodes accept no new pods, so no node accepts the VM under test; their taints: ' +
        'node-role.kubernetes.io/ci, node-role.kubernetes.io/master, node-role.kubernetes.io/infra',
    )
  })

  it('adds up cordoned nodes too, and never more than there are', () => {
    const taint = '2 node(s) had untolerated taint {a: b}'
    expect(because(`0/5 nodes are available: 3 node(s) were unschedulable, ${taint}.`)).to.match(/^5 of 5 /)
    expect(because(`0/3 nodes are available: 3 node(s) were unschedulable, ${taint}.`)).to.match(/^3 of 3 /)
  })

  it('knows the words of older and newer schedulers', () => {
    const old = "1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate"
    expect(
      because(`0/4 nodes are available: ${old}, 2 node(s) had taint {x: }, that the pod didn't tolerate.`),
    ).to.match(/^3 of 4 .*taints: node-role.kubernetes.io\/master, x$/)
    expect(
      because('0/4 nodes are available: 3 node(s) had untolerated taint(s), 1 Insufficient cpu.'),
    ).to.match(/^3 of 4 nodes accept no new pods, so no node accepts the VM under test$/)
  })

  it('counts by its own words those that do not match the selector', () => {
    const text =
      "0/9 nodes are available: 2 node(s) didn't match pod anti-affinity rules, 4 node(s) didn't match Pod's node affinity/selector."
    expect(proofOf('node-selector-unfit', text)?.sentence).to.match(/^4 of 9 nodes do not match/)
  })
})
