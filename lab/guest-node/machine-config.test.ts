import { expect } from 'chai'
import type { KubeObject } from '../apiserver/contract.ts'
import { crioSettings } from './machine-config.ts'

const machineConfig = (name: string, ...files: object[]): KubeObject => ({
  apiVersion: 'machineconfiguration.openshift.io/v1',
  kind: 'MachineConfig',
  metadata: { name },
  spec: { config: { ignition: { version: '3.1.0' }, storage: { files } } },
})
const file = (text: string, path = '/etc/crio/crio.conf.d/10-custom') => ({
  path,
  contents: { source: `data:text/plain;charset=utf-8;base64,${Buffer.from(text).toString('base64')}` },
})
const SILENT = { inheritableCapabilities: false, memlock: { soft: 8388608, hard: 8388608 } }

describe("CRI-O's settings by MachineConfigs", () => {
  it('are those of the rootless README', () => {
    const text =
      '  [crio.runtime]\n  add_inheritable_capabilities = true\n  default_ulimits = [\n  "memlock=-1:-1"\n]\n'
    expect(crioSettings([machineConfig('02-master-container-runtime', file(text))])).to.deep.equal({
      inheritableCapabilities: true,
      memlock: { soft: -1, hard: -1 },
    })
  })

  it('come from several files, the last of which counts, written plainly too', () => {
    const plain = { path: '/etc/crio/crio.conf.d/20-more', contents: { source: 'data:,' } }
    plain.contents.source += encodeURIComponent('add_inheritable_capabilities=false\n# memlock\n')
    const ulimits = file('default_ulimits=["memlock=1024:2048"]\nadd_inheritable_capabilities=true')
    expect(crioSettings([machineConfig('b', plain), machineConfig('a', ulimits)])).to.deep.equal({
      inheritableCapabilities: false,
      memlock: { soft: 1024, hard: 2048 },
    })
  })

  it('are those of CRI-O itself where nobody says otherwise, or nonsense', () => {
    const elsewhere = file('add_inheritable_capabilities=true', '/etc/containers/containers.conf')
    const broken = { path: '/etc/crio/crio.conf.d/x', contents: { source: 'data:,%E0%A4%A' } }
    const strange = { ...machineConfig('c'), spec: { config: { storage: { files: 'none' } } } }
    for (const objects of [[], [machineConfig('a', elsewhere, broken)], [strange]])
      expect(crioSettings(objects)).to.deep.equal(SILENT)
  })
})
