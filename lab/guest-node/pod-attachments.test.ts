import { expect } from 'chai'
import type { PodNetwork } from '../workloads/container-runtime.ts'
import { attachmentsOf } from './pod-attachments.ts'

const RESOURCE = 'openshift.io/vfio_pci_0'
const VF = { address: '0000:01:00.0', mac: '52:54:00:00:01:01' }
const MAC = '20:04:0f:f1:88:01'

const vfNetwork = (config: object, more: Partial<PodNetwork> = {}): PodNetwork => ({
  name: 'vf',
  namespace: 'dpdktest',
  interfaceName: 'net1',
  resourceName: RESOURCE,
  mac: MAC,
  config: { type: 'sriov', ...config },
  ...more,
})
const tapNetwork = (more: Partial<PodNetwork> = {}, tap: object = {}): PodNetwork => ({
  name: 'tap-one',
  namespace: 'dpdktest',
  interfaceName: 'dp0',
  mac: MAC,
  config: {
    plugins: [
      {
        type: 'tap',
        multiQueue: true,
        ipam: { type: 'static', addresses: [{ address: '192.168.18.110/25', gateway: '192.168.18.1' }] },
        ...tap,
      },
      { type: 'tuning', capabilities: { mac: true } },
    ],
  },
  ...more,
})
const attach = (...networks: PodNetwork[]) => attachmentsOf(networks, { [RESOURCE]: [VF] })

describe('the network attachments of a container in a lab node', () => {
  it('gives a VF the MAC address its pod asks for, where its network takes one', () => {
    expect(attach(vfNetwork({ capabilities: { mac: true } }))).to.deep.equal({
      vfs: [{ address: VF.address, settings: { mac: MAC, spoofCheck: true, trust: false } }],
      lines: [['vf', VF.address, MAC]],
    })
    const { vfs, lines } = attach(vfNetwork({ spoofchk: 'off', trust: 'on' }))
    expect(vfs[0]?.settings).to.deep.equal({ mac: VF.mac, spoofCheck: false, trust: true })
    expect(lines).to.deep.equal([['vf', VF.address, VF.mac]])
  })

  it('makes a tap as its plugins say', () => {
    expect(attach(tapNetwork()).lines).to.deep.equal([
      ['tap', 'dp0', MAC, 'multi_queue', '-', '-', '192.168.18.110/25'],
    ])
    const owned = tapNetwork({ ips: ['192.168.18.7/25'] }, { multiQueue: false, owner: 1001, group: 2001 })
    expect(attach(owned).lines).to.deep.equal([['tap', 'dp0', MAC, '-', '1001', '2001', '192.168.18.7/25']])
  })

  const refused: readonly (readonly [string, PodNetwork[], RegExp])[] = [
    ['a second VF', [vfNetwork({}), vfNetwork({})], /dpdktest\/vf: the container has no device of openshift/],
    [
      'another plugin',
      [tapNetwork({ config: { type: 'bridge' } })],
      /tap-one: the lab's nodes have no plugin/,
    ],
    ['another IPAM', [tapNetwork({}, { ipam: { type: 'dhcp' } })], /no IPAM of type dhcp, only static/],
    ['no configuration', [tapNetwork({ config: {} })], /error adding pod to network dpdktest\/tap-one: /],
    ['an empty list of plugins', [tapNetwork({ config: { plugins: [] } })], /has no plugin/],
    ['words for a shell', [tapNetwork({ interfaceName: 'dp0; reboot' })], /is not a valid interface name/],
    [
      'an address with a blank',
      [tapNetwork({ ips: ['192.168.18.7 dev/25'] })],
      /is not an address with a prefix/,
    ],
    ['a MAC address of five', [tapNetwork({ mac: '20:04:0f:f1:88' })], /is not a MAC address/],
  ]
  for (const [what, networks, words] of refused)
    it(`refuses ${what}`, () => {
      expect(() => attach(...networks)).to.throw(words)
    })
})
