import { expect } from 'chai'
import { asEvidence } from '../as-evidence.ts'
import { diagnose } from '../diagnose.ts'
import { findings } from '../findings.fixture.ts'
import { lossy, network, onNodes, probe } from '../proofs.fixture.ts'

const ON_THE_WAY = probe({ vmRx: 0, vmTx: 0, generatorRx: 0 })
const ON_THE_WAY_BACK = probe({ generatorRx: 0 })

function first(counts: ReturnType<typeof probe>, ...networks: Parameters<typeof network>) {
  const [cause] = diagnose(
    lossy('traffic.probe', undefined, { ...counts, ...network(...networks), ...onNodes }),
  )
  return {
    id: cause?.id,
    evidence: cause?.evidence.map(({ what }) => what).join('; '),
    remedy: cause?.remedy,
  }
}

describe('a network for each port', () => {
  it('is to blame for the way to the VM under test where it is that of the east ports', () => {
    expect(first(ON_THE_WAY, { spoofCheck: 'on' }, {})).to.include({ id: 'spoof-check' })
    expect(first(ON_THE_WAY, {}, { spoofCheck: 'on', vlan: 7 })).to.include({ id: 'no-path' })
  })

  it('is to blame for the way back where it is that of the west ports, and is named', () => {
    const { id, evidence } = first(ON_THE_WAY_BACK, {}, { vlan: 7 })
    expect(id).to.equal('wrong-vlan')
    expect(evidence).to.include('vlan of NetworkAttachmentDefinition dpdk-west')
    expect(first(ON_THE_WAY_BACK, { spoofCheck: 'on', vlan: 7 }, {})).to.include({ id: 'no-path' })
  })

  it('may be the other one, where packets come in at the other port', () => {
    const crossed = probe({ vmRx: 0, vmTx: 0, generatorRx: 0 }, { vmRx: 200 })
    const { id, remedy } = first(crossed, {}, {})
    expect(id).to.equal('ports-crossed')
    expect(remedy).to.include('spec.param.westNetworkAttachmentDefinitionName')
    expect(first(crossed, {}).remedy).to.not.include('westNetwork')
  })

  it('is told in the reports once each, and one network for both once', () => {
    const told = (...networks: Parameters<typeof network>) =>
      asEvidence(findings(network(...networks))).map(({ what }) => what)
    expect(told({})).to.deep.equal(['network dpdk'])
    expect(told({}, {})).to.deep.equal(['network dpdk', 'network dpdk-west'])
  })

  it('that may not be read stands in the way of no cause, and is told', () => {
    const hidden = { networks: { west: { notReadable: 'it is not readable' } } }
    expect(diagnose(lossy('traffic.probe', undefined, { ...ON_THE_WAY_BACK, ...hidden }))[0]?.id).to.equal(
      'no-path',
    )
    expect(asEvidence(findings(hidden))).to.deep.equal([{ what: 'network', value: 'it is not readable' }])
  })
})
