import { expect } from 'chai'
import { isTarget, targetTerms } from './target-node.ts'

describe('a target node', () => {
  const node = { name: 'ip-10-0-0-1.ec2.internal', labels: { 'kubernetes.io/hostname': 'ip-10-0-0-1' } }

  it('is named by its name or by its hostname, and by nothing else', () => {
    expect(isTarget(node, 'ip-10-0-0-1.ec2.internal')).to.equal(true)
    expect(isTarget(node, 'ip-10-0-0-1')).to.equal(true)
    expect(isTarget(node, 'ip-10-0-0-2')).to.equal(false)
    expect(isTarget({ name: 'a', labels: null }, 'b')).to.equal(false)
  })

  it('is the same to the scheduler', () => {
    expect(targetTerms('ip-10-0-0-1')).to.deep.equal([
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['ip-10-0-0-1'] }] },
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['ip-10-0-0-1'] }] },
    ])
  })

  it('may have a name that is too long for a label', () => {
    expect(targetTerms('a'.repeat(64))).to.have.length(1)
  })
})
