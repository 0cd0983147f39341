import { expect } from 'chai'
import { freeLabels, labels, tolerations } from './label-text.ts'

describe('labels and taints in parameters', () => {
  it('are read as kubectl writes them', () => {
    expect(labels.parse('dpdk=true, example.com/pool=a-1,empty=')).to.deep.equal({
      dpdk: 'true',
      'example.com/pool': 'a-1',
      empty: '',
    })
    expect(tolerations.parse('dedicated=dpdk:NoSchedule, example.com/x:NoExecute,any,none=')).to.deep.equal([
      { key: 'dedicated', operator: 'Equal', value: 'dpdk', effect: 'NoSchedule' },
      { key: 'example.com/x', operator: 'Exists', effect: 'NoExecute' },
      { key: 'any', operator: 'Exists' },
      { key: 'none', operator: 'Equal', value: '' },
    ])
  })

  for (const text of ['', 'a', 'a=b,', 'a=b,a=c', '=b', 'a=b c', `a=${'x'.repeat(64)}`, 'A/b=c', 'a=$(x)']) {
    it(`are not labels in ${JSON.stringify(text.slice(0, 10))}`, () => {
      expect(labels.parse(text)).to.equal(undefined)
    })
  }

  for (const text of ['', 'a:Sometimes', 'a=b:', ':NoSchedule', 'a,,b', `${'a,'.repeat(40)}a`, '-a']) {
    it(`are not taints in ${JSON.stringify(text.slice(0, 15))}`, () => {
      expect(tolerations.parse(text)).to.equal(undefined)
    })
  }

  it("can't be those that cleanup and KubeVirt go by", () => {
    expect(freeLabels.parse('team=net')).to.deep.equal({ team: 'net' })
    for (const key of ['kubevirt-dpdk-checkup/uid', 'kiagnose/checkup-type', 'kubevirt.io/domain'])
      expect(freeLabels.parse(`team=net,${key}=x`), key).to.equal(undefined)
  })
})
