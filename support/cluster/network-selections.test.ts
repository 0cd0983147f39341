import { expect } from 'chai'
import fc from 'fast-check'
import { CASES, hostileText } from '../common/testing/hostile-text.ts'
import { networksOfPod } from './network-selections.ts'

const NETWORKS = 'k8s.v1.cni.cncf.io/networks'

describe('networks that a pod asks for', () => {
  for (const [text, expected] of [
    ['dpdk', ['own/dpdk']],
    ['other/dpdk', ['other/dpdk']],
    ['dpdk@net1', ['own/dpdk']],
    [' dpdk@net1, other/storage@net2 ,third', ['own/dpdk', 'other/storage', 'own/third']],
    ['[{"name":"dpdk"}]', ['own/dpdk']],
    ['[{"name":"dpdk","namespace":"other","interface":"net1","mac":"02:00:00:00:00:01"}]', ['other/dpdk']],
    ['\n[ {"name":"a","namespace":""},\n {"name":"b","cni-args":{"x":[1]}} ]\n', ['own/a', 'own/b']],
    ['', []],
    [' , ', []],
    ['[]', []],
    ['[{"name":', []],
    ['{"name":"dpdk"}', []],
    ['[null,1,{"name":7},{"namespace":"x"}]', []],
  ] as const) {
    it(`are ${expected.join(' and ') || 'none'} for ${JSON.stringify(text)}`, () => {
      expect(networksOfPod({ [NETWORKS]: text }, 'own')).to.deep.equal(expected)
    })
  }

  it('may be those in place of its own network, too', () => {
    const annotations = { 'v1.multus-cni.io/default-network': 'kube-system/main', [NETWORKS]: 'dpdk' }
    expect(networksOfPod(annotations, 'own')).to.deep.equal(['own/dpdk', 'kube-system/main'])
    expect(networksOfPod(undefined, 'own')).to.deep.equal([])
  })

  it('are texts, whatever is written there', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.json()), (text) => {
        for (const network of networksOfPod({ [NETWORKS]: text }, 'own')) expect(network).to.be.a('string')
      }),
      CASES,
    )
  })
})
