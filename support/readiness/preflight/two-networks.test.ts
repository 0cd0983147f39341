import { expect } from 'chai'
import type { Readable } from '../../cluster/inventory.ts'
import type { Nad } from '../../cluster/inventory-schemas.ts'
import { vfs } from './capacity.ts'
import { network, networkConfig } from './network.ts'
import type { Survey } from './survey.ts'

function nad(resource: string, options: object = {}): Readable<Nad> {
  const annotations = { 'k8s.v1.cni.cncf.io/resourceName': resource }
  return {
    found: {
      metadata: { name: 'n', annotations },
      spec: { config: JSON.stringify({ type: 'sriov', ...options }) },
    },
  }
}

function surveyOf(east: Readable<Nad>, west: Readable<Nad>, allocatable: object = {}): Survey {
  const node = {
    metadata: { name: 'w1', labels: { 'kubevirt.io/schedulable': 'true', cpumanager: 'true' } },
    status: { allocatable, conditions: [{ type: 'Ready', status: 'True' }] },
  }
  const scheduling = { tolerations: [], nodeSelector: {}, priorityClassName: undefined }
  const survey = {
    namespace: 'ns',
    parameters: { trafficGenPacketsPerSecond: 1_000_000 },
    nodes: () => Promise.resolve({ found: { nodes: [node], absent: [], scheduling } }),
    networks: () =>
      Promise.resolve([
        { name: 'left', ports: ['east'], nad: east },
        { name: 'right', ports: ['west'], nad: west },
      ]),
  }
  return survey as unknown as Survey
}

describe('the preflight of two networks', () => {
  it('asks for a VF of each, and for two where both have the same resource', async () => {
    const offer = { 'x/east': '2', 'x/west': '1' }
    const apart = await vfs.examine(surveyOf(nad('x/east'), nad('x/west'), offer))
    expect(apart.problems.join()).to.match(
      /^the nodes have x\/east and x\/west for only one of the two VMIs; each takes 1 x\/east, 1 x\/west;/,
    )
    const enough = { 'x/east': '2', 'x/west': '2' }
    expect((await vfs.examine(surveyOf(nad('x/east'), nad('x/west'), enough))).outcome).to.equal('passed')
    const shared = await vfs.examine(surveyOf(nad('x/east'), nad('x/east'), { 'x/east': '3' }))
    expect(shared.problems.join()).to.include('each takes 2 x/east')
  })

  it('names the one that is missing, and reads the other', async () => {
    const { outcome, problems, evidence } = await network.examine(
      surveyOf(nad('x/east'), { missing: 'NetworkAttachmentDefinition ns/right does not exist' }),
    )
    expect({ outcome, problems }).to.deep.equal({
      outcome: 'failed',
      problems: ['NetworkAttachmentDefinition ns/right does not exist'],
    })
    expect(evidence.map(({ what, value }) => `${what}: ${value}`)).to.deep.equal([
      'NetworkAttachmentDefinition, network left of the east ports: ns/left',
      'resource of its VFs, network left of the east ports: x/east',
      'NetworkAttachmentDefinition, network right of the west ports: missing',
    ])
  })

  it('tells the VLAN of each, and has nothing against different ones: every link is within one network', async () => {
    const { outcome, evidence } = await networkConfig.examine(
      surveyOf(nad('x/east', { vlan: 100 }), nad('x/west', { vlan: 200 })),
    )
    expect(outcome).to.equal('passed')
    expect(evidence.filter(({ what }) => what.startsWith('vlan'))).to.deep.equal([
      { what: 'vlan, network left of the east ports', value: '100' },
      { what: 'vlan, network right of the west ports', value: '200' },
    ])
  })

  it('names the one whose configuration is wrong', async () => {
    const { problems } = await networkConfig.examine(
      surveyOf(nad('x/east'), nad('x/west', { type: 'bridge' })),
    )
    expect(problems).to.have.lengthOf(1)
    expect(problems[0]).to.match(/^network right of the west ports: the network's CNI plugin is bridge/)
  })
})
