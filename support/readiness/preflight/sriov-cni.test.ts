import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { DEFAULT_FRAMES } from '../../model/frame.ts'
import { nadSchema } from '../../cluster/inventory-schemas.ts'
import { networkConfig } from './network.ts'
import type { Survey } from './survey.ts'

const CASE = join(import.meta.dirname, '../../../fixtures/cases/nad-empty-options/nad.json')

function examine(nad: unknown) {
  const found = nadSchema.parse(nad)
  const survey = {
    parameters: { trafficGenPacketsPerSecond: 1_000_000, frameSize: DEFAULT_FRAMES },
    networks: () => Promise.resolve([{ name: 'n', ports: ['east', 'west'], nad: { found } }]),
  }
  return networkConfig.examine(survey as unknown as Survey)
}

async function withOptions(options: object) {
  const nad = JSON.parse(readFileSync(CASE, 'utf8')) as object
  const config = JSON.stringify({ type: 'sriov', ...options })
  return examine({ ...nad, spec: { config } })
}

describe('the preflight of sriov-cni’s options', () => {
  it('takes empty texts for options that are not set', async () => {
    const { outcome, warnings } = await examine(JSON.parse(readFileSync(CASE, 'utf8')))
    expect({ outcome, warnings }).to.deep.equal({ outcome: 'passed', warnings: [] })
  })

  for (const options of [
    {},
    { vlan: null, vlanQoS: null, vlanProto: null, spoofchk: null, trust: null, max_tx_rate: null },
    { vlan: 0, vlanQoS: 0, vlanProto: '802.1q' },
    { vlan: 100, vlanQoS: 7, vlanProto: '802.1AD' },
    { vlan: 4094, spoofchk: 'off', trust: 'on', link_state: 'enable' },
    { min_tx_rate: 0, max_tx_rate: 0 },
    { min_tx_rate: 100 },
    { VLAN: 100, SpoofChk: 'off', ipam: {} },
  ]) {
    it(`passes ${JSON.stringify(options)}`, async () => {
      const { outcome, problems } = await withOptions(options)
      expect({ outcome, problems }).to.deep.equal({ outcome: 'passed', problems: [] })
    })
  }

  for (const [options, sentence] of [
    [{ vlan: '100' }, /vlan must be a number from 0 to 4094, not "100"/],
    [{ vlan: 4095 }, /vlan must be .* not 4095/],
    [{ Vlan: 5000 }, /vlan must be .* not 5000/],
    [{ vlan: 1.5 }, /vlan must be .* not 1.5/],
    [{ spoofchk: true }, /spoofchk must be "on" or "off", not true/],
    [{ link_state: 'up' }, /link_state must be "auto", "enable" or "disable", not "up"/],
    [{ link_state: 'disable' }, /the links of its VFs never come up/],
    [{ vlanQoS: 3 }, /has vlanQoS without a vlan: sriov-cni refuses this for every pod/],
    [{ vlanProto: '802.1q' }, /has vlanProto without a vlan/],
    [{ vlanProto: '' }, /vlanProto must be .* not ""/],
    [{ vlan: 0, vlanQoS: 3 }, /has vlanQoS 3 with vlan 0/],
    [{ vlan: 0, vlanProto: '802.1ad' }, /has vlanProto 802.1ad with vlan 0/],
    [{ vlan: 100, vlanQoS: 8 }, /vlanQoS must be a number from 0 to 7, not 8/],
    [{ vlan: 100, vlanProto: '802.1x' }, /vlanProto must be "802.1q" or "802.1ad", not "802.1x"/],
    [{ min_tx_rate: 2000, max_tx_rate: 1000 }, /min_tx_rate \(2,000 Mbit\/s\) is above its max_tx_rate/],
    [{ max_tx_rate: -1 }, /max_tx_rate must be a number of Mbit\/s, not -1/],
    [{ max_tx_rate: 100 }, /max_tx_rate is 100 Mbit\/s, and 1,000,000 packets\/s of 64 bytes are 512/],
  ] as const) {
    it(`names what is wrong with ${JSON.stringify(options)}`, async () => {
      const { outcome, problems } = await withOptions(options)
      expect(outcome).to.equal('failed')
      expect(problems.join()).to.match(sentence)
    })
  }

  const RDMA = /chain has the plugin rdma, which fails every pod whose VF vfio-pci holds/
  for (const [config, sentence] of [
    [{ Type: 'sriov', cniVersion: '0.3.1', name: 'n', ipam: {}, dns: null, capabilities: { mac: true } }],
    [{ name: 'n', Plugins: [{ type: 'sriov', vlan: 100 }, { type: 'tuning' }], cniVersion: '' }],
    // Multus takes it for one plugin, because it has a type.
    [{ type: 'sriov', plugins: [{ type: 'bridge' }] }],
    [{ type: '', plugins: [{ type: 'sriov' }] }],
    [{ type: 'sriov', ipam: '' }, /ipam must be an object, not "": the CNI refuses this for every pod/],
    [{ type: 'sriov', ipam: [] }, /ipam must be an object, not \[\]/],
    [{ type: 'sriov', cniVersion: 1.0 }, /cniVersion must be text, e\.g\. "1\.0\.0", not 1/],
    [{ type: 'sriov', CNIVersion: '1.0' }, /cniVersion is "1\.0", which no plugin supports/],
    [{ type: 'sriov', name: 7 }, /name must be text, not 7/],
    [{ type: 'sriov', capabilities: { mac: 'true' } }, /capabilities must be an object of true and false/],
    [{ name: 'n', plugins: [{ type: 'sriov', ipam: 'none' }] }, /ipam must be an object, not "none"/],
    [{ name: 'n', plugins: [{ type: 'sriov' }, { type: 'rdma' }] }, RDMA],
    [{ name: 'n', plugins: [{ type: 'sriov' }, { name: 'x' }] }, /has neither a type nor a list of plugins/],
    [
      { type: 'ib-sriov', pkey: '0x7fff' },
      /provides InfiniBand VFs, and DPDK forwards on Ethernet ports alone/,
    ],
    [{ name: 'n', plugins: [] }, /has neither a type nor a list of plugins/],
  ] as const) {
    it(`${sentence === undefined ? 'passes' : 'names what is wrong with'} the configuration ${JSON.stringify(config)}`, async () => {
      const nad = JSON.parse(readFileSync(CASE, 'utf8')) as object
      // JSON may have tabs.
      const { outcome, problems } = await examine({
        ...nad,
        spec: { config: JSON.stringify(config, null, '\t') },
      })
      expect(outcome).to.equal(sentence === undefined ? 'passed' : 'failed')
      expect(problems.join()).to.match(sentence ?? /^$/)
    })
  }

  it('warns of words that sriov-cni takes for "off"', async () => {
    const { outcome, warnings } = await withOptions({ trust: 'On', spoofchk: 'yes' })
    expect(outcome).to.equal('passed')
    expect(warnings.join()).to.match(/spoofchk is "yes", which sriov-cni reads as "off"/)
    expect(warnings.join()).to.match(/trust is "On", which .*trust "off": if packets are lost/)
  })

  it('warns of an mtu that only older versions pass over', async () => {
    expect((await withOptions({ mtu: '9000' })).warnings.join()).to.match(
      /mtu is "9000" and not a whole number/,
    )
    for (const mtu of [9000, null]) expect((await withOptions({ mtu })).warnings).to.deep.equal([])
  })

  it('warns where the configuration is a file on the nodes', async () => {
    const nad = JSON.parse(readFileSync(CASE, 'utf8')) as object
    for (const spec of [undefined, null, {}, { config: '' }]) {
      const { outcome, warnings } = await examine({ ...nad, spec })
      expect(outcome).to.equal('passed')
      expect(warnings.join()).to.match(/spec\.config is empty: Multus reads .* from a file on each node/)
    }
  })
})
