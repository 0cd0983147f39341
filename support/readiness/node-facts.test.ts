import { expect } from 'chai'
import { cpuOf, nodeFacts } from './node-facts.ts'

describe('facts of a node', () => {
  const nodeInfo = {
    kernelVersion: '5.14.0-570.el9.x86_64',
    osImage: 'CentOS Stream CoreOS 9',
    kubeletVersion: 'v1.32.1',
    containerRuntimeVersion: 'cri-o://1.32.1',
    architecture: 'amd64',
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
      architecture: 'amd64',
      nics: [{ pciAddress: '0000:3b:00.0', name: 'ens1f0', device: '8086:158b', driver: 'i40e' }],
    })
  })

  it('have the model of its CPUs, as the first of two tells it', () => {
    const discovered = {
      'feature.node.kubernetes.io/cpu-model.vendor_id': 'Intel',
      'feature.node.kubernetes.io/cpu-model.family': '6',
      'feature.node.kubernetes.io/cpu-model.id': '106',
    }
    const labelled = { 'host-model-cpu.node.kubevirt.io/Icelake-Server': 'true' }
    const cpu = (labels: Record<string, string>) => cpuOf({ metadata: { name: 'a', labels } })
    expect(cpu({ ...labelled, ...discovered })).to.equal('Intel 6 106')
    expect(cpu(labelled)).to.equal('Icelake-Server')
    expect(cpu({})).to.equal(undefined)
  })

  it('leave out what nobody tells', () => {
    expect(nodeFacts({ metadata: { name: 'worker-1' } }, [])).to.deep.equal({ name: 'worker-1' })
  })
})
