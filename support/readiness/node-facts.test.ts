import { expect } from 'chai'
import { nodeFacts } from './node-facts.ts'

describe('facts of a node', () => {
  const nodeInfo = {
    kernelVersion: '5.14.0-570.el9.x86_64',
    osImage: 'CentOS Stream CoreOS 9',
    kubeletVersion: 'v1.32.1',
    containerRuntimeVersion: 'cri-o://1.32.1',
  }

  it('are what its kubelet and the SR-IOV network operator tell', () => {
    const pf = {
      pciAddress: '0000:3b:00.0',
      name: 'ens1f0',
      vendor: '8086',
      deviceID: '158b',
      driver: 'i40e',
      numVfs: 8,
    }
    const states = [
      {
        metadata: { name: 'worker-1' },
        status: { interfaces: [pf, { pciAddress: '0000:3b:00.1', numVfs: 0 }] },
      },
    ]
    const [, ...rest] = Object.entries(
      nodeFacts({ metadata: { name: 'worker-1' }, status: { nodeInfo } }, states),
    )
    expect(Object.fromEntries(rest)).to.deep.equal({
      kernel: '5.14.0-570.el9.x86_64',
      os: 'CentOS Stream CoreOS 9',
      kubelet: 'v1.32.1',
      containerRuntime: 'cri-o://1.32.1',
      nics: [{ pciAddress: '0000:3b:00.0', name: 'ens1f0', device: '8086:158b', driver: 'i40e' }],
    })
  })

  it('leave out what nobody tells', () => {
    expect(nodeFacts({ metadata: { name: 'worker-1' } }, [])).to.deep.equal({ name: 'worker-1' })
  })
})
