import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { trex } from '../dataplane/engines/trex/engine.ts'
import { PARAMETERS, shapeOf } from './parameters.ts'
import { readParameters } from './read-parameters.ts'

const VALID = { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'dpdk-network' }

function violationsOf(data: Record<string, string>): readonly string[] {
  try {
    readParameters(data)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations
    throw error
  }
  return []
}

describe('parameters', () => {
  it('fills in the defaults of the README', () => {
    const parameters = readParameters(VALID)
    expect(parameters).to.deep.include({
      timeout: 600_000,
      trafficGenContainerDiskImage: 'quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main',
      vmUnderTestContainerDiskImage: 'quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main',
      trafficGenPacketsPerSecond: 8_000_000,
      trafficGenEngine: trex,
      testDuration: 300_000,
      portBandwidthGbps: 10,
      frameSize: [{ bytes: 64, weight: 1 }],
      flows: 1024,
      directions: 1,
      verbose: false,
      targetNodes: undefined,
      warnings: [],
    })
    expect(parameters.asUsed).to.include({ timeout: '10m', testDuration: '5m', verbose: 'false' })
  })

  for (const [nodes, choice] of [
    ['all', { kind: 'all' }],
    ['zone=a,rack=7', { kind: 'labels', labels: { zone: 'a', rack: '7' } }],
    ['worker-1, worker-2', { kind: 'names', names: ['worker-1', 'worker-2'] }],
  ] as const)
    it(`reads the nodes ${nodes}`, () => {
      expect(readParameters({ ...VALID, 'spec.param.nodes': nodes }).nodes).to.deep.equal(choice)
    })

  for (const nodes of ['a,a', 'A', 'a,,b', 'a b', 'x=y=z', '$(id)'])
    it(`refuses the nodes ${nodes}`, () => {
      expect(violationsOf({ ...VALID, 'spec.param.nodes': nodes })).to.have.length(1)
    })

  it('refuses pairs without nodes, and nodes beside the nodes of one pair', () => {
    expect(
      violationsOf({ ...VALID, 'spec.param.pairs': 'ring', 'spec.param.sameNode': 'true' }),
    ).to.deep.equal([
      'spec.param.pairs has no effect without spec.param.nodes',
      'spec.param.sameNode has no effect without spec.param.nodes',
    ])
    const both = {
      ...VALID,
      'spec.param.nodes': 'all',
      'spec.param.vmUnderTestTargetNodeName': 'a',
      'spec.param.trafficGenTargetNodeName': 'b',
      'spec.param.keepOnFailure': 'true',
    }
    expect(violationsOf(both).map((violation) => violation.split(':')[0])).to.deep.equal([
      'spec.param.trafficGenTargetNodeName contradicts spec.param.nodes, which says where all VMIs run',
      'spec.param.vmUnderTestTargetNodeName contradicts spec.param.nodes, which says where all VMIs run',
      'spec.param.keepOnFailure contradicts spec.param.nodes',
    ])
  })

  for (const [rate, packetsPerSecond] of [
    ['1', 1],
    ['999', 999],
    ['10k', 10_000],
    ['8m', 8_000_000],
  ] as const) {
    it(`reads the rate ${rate}`, () => {
      const parameters = readParameters({ ...VALID, 'spec.param.trafficGenPacketsPerSecond': rate })
      expect(parameters.trafficGenPacketsPerSecond).to.equal(packetsPerSecond)
    })
  }

  it('reads what may be lost as a part and as percent', () => {
    const ratio = (maxLossRatio: string) =>
      readParameters({
        ...VALID,
        'spec.param.minPacketsPerSecond': '1m',
        'spec.param.maxLossRatio': maxLossRatio,
      }).maxLossRatio
    expect(ratio('0.001')).to.equal(0.001)
    expect(ratio('0.1%')).to.be.closeTo(0.001, 1e-12)
    expect(ratio('0')).to.equal(0)
    for (const text of ['1', '100%', '-0.1', '1e-3', 'none'])
      expect(() => ratio(text), text).to.throw('spec.param.maxLossRatio must be')
  })

  it('refuses parameters that are no effect without others', () => {
    const late = { ...VALID, 'spec.param.maxLatencyMicroseconds': '50' }
    expect(() => readParameters(late)).to.throw('no effect without spec.param.latency: true')
    expect(readParameters({ ...late, 'spec.param.latency': 'true' })).to.include({
      latency: true,
      maxLatencyMicroseconds: 50,
    })
    const loss = { ...VALID, 'spec.param.maxLossRatio': '0.1%' }
    expect(violationsOf(loss).join()).to.include('no effect without spec.param.minPacketsPerSecond')
    const repeat = { ...VALID, 'spec.param.repeat': '3' }
    expect(violationsOf(repeat).join()).to.include('no effect without spec.param.capacity')
  })

  it('refuses fewer flows than sizes of frames', () => {
    const mix = { ...VALID, 'spec.param.frameSize': 'imix' }
    expect(violationsOf({ ...mix, 'spec.param.flows': '2' }).join()).to.include(
      'flows must be at least 3, not 2',
    )
    expect(readParameters({ ...mix, 'spec.param.flows': '3' }).flows).to.equal(3)
    expect(readParameters({ ...VALID, 'spec.param.flows': '1' }).flows).to.equal(1)
  })

  it('reads frames of one size and of a mix', () => {
    const frames = (frameSize: string) =>
      readParameters({ ...VALID, 'spec.param.frameSize': frameSize }).frameSize
    expect(frames('1518')).to.deep.equal([{ bytes: 1518, weight: 1 }])
    expect(frames('imix')).to.deep.equal([
      { bytes: 64, weight: 28 },
      { bytes: 570, weight: 16 },
      { bytes: 1518, weight: 4 },
    ])
  })

  for (const [key, values] of Object.entries({
    'spec.timeout': ['5', '-1m', '0s', '', 'soon'],
    'spec.param.trafficGenPacketsPerSecond': [
      '0',
      '8g',
      '8M',
      '"8m"',
      '8m.',
      '-1',
      '1.5m',
      'k',
      '10 k',
      '9999999999999',
    ],
    'spec.param.testDuration': ['5', '-1m', '0s'],
    'spec.param.verbose': ['maybe', 'yes', 'tRUE', '2'],
    'spec.param.portBandwidthGbps': ['0', 'ten', '-1', '2.5'],
    'spec.param.frameSize': ['63', '9019', '90180', 'IMIX', '64b', '0', '1e3'],
    'spec.param.capacity': ['fast', 'on', 'Quick'],
    'spec.param.repeat': ['0', '21', '-1', '1.5'],
    'spec.param.minPacketsPerSecond': ['0', '1.5m', 'x'],
    'spec.param.directions': ['0', '3', 'both', '1.0'],
    'spec.param.flows': ['0', '60001', 'many', '-1', '1k'],
    'spec.param.trafficGenEngine': ['moongen'],
    'spec.param.vmiCpus': ['0', '4', '7', '9', '66', '1e1', '-8', '8.0', 'all', '999999999999'],
    'spec.param.vmiQueues': ['0', '17', '2.5', '-1', 'all', '04x'],
    'spec.param.vmiMemory': ['4', '4G', '4gi', '2Gi', '0Gi', '-4Gi', '3.5Gi', '2048Gi', '4096Mi'],
    'spec.param.hugepageSize': ['1G', '2M', '1GB', '512Mi', '4Ki', '1gi', '1Gi;reboot'],
    'spec.param.tolerations': ['a:Sometimes'],
    'spec.param.nodeSelector': ['dpdk'],
    'spec.param.priorityClassName': ['High one'],
    'spec.param.vmiLabels': ['kubevirt-dpdk-checkup/uid=mine'],
    'spec.param.networkAttachmentDefinitionName': ['', 'a b', 'Net', '$(reboot)'],
    'spec.param.vmUnderTestContainerDiskImage': ['image;reboot', 'a b', '$IFS', '`id`', '[fd00::10]'],
    'spec.param.trafficGenContainerDiskImage': ["quay.io/x'"],
  })) {
    for (const value of values) {
      it(`refuses ${key}=${JSON.stringify(value)} by name`, () => {
        const [violation, ...more] = violationsOf({ ...VALID, [key]: value })
        expect(violation).to.match(new RegExp(`^${key.replaceAll('.', '\\.')} (must be|is missing)`))
        expect(more).to.deep.equal([])
      })
    }
  }

  const caseOf = (name: string) => {
    const file = join(import.meta.dirname, '../../fixtures/cases', name, 'configmap.json')
    return (JSON.parse(readFileSync(file, 'utf8')) as { data: Record<string, string> }).data
  }

  it('takes optional values that are empty for those that are not there', () => {
    const empty = caseOf('params-empty-optional')
    const { asUsed, ...read } = readParameters(empty)
    const { asUsed: usual, ...without } = readParameters({
      'spec.timeout': empty['spec.timeout'] ?? '',
      'spec.param.networkAttachmentDefinitionName': 'dpdk-net',
    })
    expect(read).to.deep.equal(without)
    expect(asUsed).to.deep.equal(usual)
  })

  it('takes every optional parameter so, and blanks alone too', () => {
    for (const [name, record] of Object.entries(PARAMETERS)) {
      if ('isMandatory' in record) continue
      for (const nothing of ['', ' ', '\n'])
        expect(readParameters({ ...VALID, [`spec.param.${name}`]: nothing })).to.deep.equal(
          readParameters(VALID),
        )
    }
  })

  it('refuses one target node beside an empty one', () => {
    const nodes = {
      'spec.param.trafficGenTargetNodeName': 'node-1',
      'spec.param.vmUnderTestTargetNodeName': '',
    }
    expect(violationsOf({ ...VALID, ...nodes })).to.deep.equal([
      'spec.param.vmUnderTestTargetNodeName is missing: set both target nodes or neither',
    ])
  })

  it('passes over line breaks and blanks around a value, as block scalars and Windows have them', () => {
    for (const text of ['30s\n', '30s\r\n', '\t30s ', '\u00a030s\ufeff'])
      expect(readParameters({ ...VALID, 'spec.param.testDuration': text }).testDuration).to.equal(30_000)
  })

  it('plans the VMIs as they are asked for', () => {
    const shape = (given: Record<string, string>) => {
      const { cpus, memoryGi, hugepageSize } = shapeOf(readParameters({ ...VALID, ...given }))
      return [cpus.topology.cores, cpus.queues, `${memoryGi} of ${hugepageSize.name}`]
    }
    expect(shape({})).to.deep.equal([4, 4, '4 of 1Gi'])
    expect(shape({ 'spec.param.vmiCpus': '6' })).to.deep.equal([3, 2, '4 of 1Gi'])
    const large = {
      'spec.param.vmiCpus': '12',
      'spec.param.vmiMemory': '6Gi',
      'spec.param.hugepageSize': '2Mi',
    }
    expect(shape(large)).to.deep.equal([6, 8, '6 of 2Mi'])
    expect(shape({ 'spec.param.vmiCpus': '64', 'spec.param.vmiQueues': '3' })).to.deep.equal([
      32,
      3,
      '4 of 1Gi',
    ])
  })

  it('refuses more queues than the CPUs can poll, once', () => {
    expect(violationsOf({ ...VALID, 'spec.param.vmiQueues': '5' })).to.deep.equal([
      'spec.param.vmiQueues must be at most 4, not 5: vmiCpus 8 gives so many polling CPUs',
    ])
    expect(violationsOf({ ...VALID, 'spec.param.vmiCpus': '7', 'spec.param.vmiQueues': '5' })).to.have.length(
      1,
    )
  })

  it('takes for true and false what Go does', () => {
    for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True'])
      expect(readParameters({ ...VALID, 'spec.param.verbose': text }).verbose).to.equal(true)
    for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False'])
      expect(readParameters({ ...VALID, 'spec.param.verbose': text }).verbose).to.equal(false)
  })

  it('takes images of a registry with an IPv6 address', () => {
    expect(readParameters(caseOf('params-ipv6-registry')).vmUnderTestContainerDiskImage).to.equal(
      '[fd00::10]:5000/kiagnose/vm:main',
    )
  })

  it('tells a mistyped key beside the one that is missing', () => {
    expect(violationsOf(caseOf('params-capital-key'))).to.deep.equal([
      'spec.param.networkAttachmentDefinitionName is missing, but mandatory',
      'unknown parameter spec.param.NetworkAttachmentDefinitionName ignored; ' +
        'did you mean spec.param.networkAttachmentDefinitionName?',
    ])
  })

  for (const [key, meant] of [
    ['spec.params.testDuration', 'spec.param.testDuration'],
    ['testDuration', 'spec.param.testDuration'],
    ['spec.param.testduration', 'spec.param.testDuration'],
    ['spec.param.trafficGenPacketPerSecond', 'spec.param.trafficGenPacketsPerSecond'],
    ['spec.param.trafficGenPackets', 'spec.param.trafficGenPacketsPerSecond'],
    ['spec.Param.test_duration', 'spec.param.testDuration'],
  ] as const) {
    it(`asks whether ${key} was to be ${meant}`, () => {
      const { warnings } = readParameters({ ...VALID, [key]: '1m' })
      expect(warnings.join()).to.match(new RegExp(`did you mean ${meant}\\?$`))
    })
  }

  // kiagnose/kubevirt-dpdk-checkup, pkg/internal/config/config.go of v0.1.1 and v0.2
  for (const [name, instead] of [
    ['trafficGeneratorPacketsPerSecondInMillions', 'is now spec.param.trafficGenPacketsPerSecond'],
    ['trafficGeneratorPacketsPerSecond', 'is now spec.param.trafficGenPacketsPerSecond'],
    ['portBandwidthGB', 'is now spec.param.portBandwidthGbps'],
    ['vmContainerDiskImage', 'is now spec.param.vmUnderTestContainerDiskImage'],
    ['DPDKNodeLabelSelector', 'is now spec.param.vmUnderTestTargetNodeName'],
    ['trafficGeneratorRuntimeClassName', 'is not needed any more'],
    ['NUMASocket', 'is not needed any more'],
  ] as const)
    it(`knows ${name} of earlier versions`, () => {
      expect(readParameters({ ...VALID, [`spec.param.${name}`]: '1' }).warnings).to.deep.equal([
        `parameter spec.param.${name} of an earlier version ignored: this parameter ${instead}`,
      ])
    })

  it('says nothing of what others keep beside the parameters', () => {
    const data = { ...VALID, note: 'x', 'status.startTimestamp': 'x', 'spec.other': 'y' }
    expect(readParameters(data).warnings).to.deep.equal([])
  })

  it('refuses node names with shell characters', () => {
    const nodes = {
      'spec.param.trafficGenTargetNodeName': 'node;1',
      'spec.param.vmUnderTestTargetNodeName': 'node-2',
    }
    expect(violationsOf({ ...VALID, ...nodes })).to.have.length(1)
  })

  it('takes both target nodes', () => {
    const nodes = {
      'spec.param.trafficGenTargetNodeName': 'node-1',
      'spec.param.vmUnderTestTargetNodeName': 'node-2',
    }
    expect(readParameters({ ...VALID, ...nodes }).targetNodes).to.deep.equal({
      'traffic-generator': 'node-1',
      'vm-under-test': 'node-2',
    })
  })

  it('refuses one target node without the other, naming the missing one', () => {
    const [violation] = violationsOf({ ...VALID, 'spec.param.trafficGenTargetNodeName': 'node-1' })
    expect(violation).to.match(/^spec\.param\.vmUnderTestTargetNodeName is missing/)
  })

  it('refuses an empty parameter name', () => {
    expect(violationsOf({ ...VALID, 'spec.param.': 'x' })).to.have.length(1)
  })

  it('refuses a test that cannot end before the timeout', () => {
    expect(violationsOf({ ...VALID, 'spec.timeout': '5m' })).to.deep.equal([
      'spec.timeout (5m) must be longer than testDuration (5m)',
    ])
  })

  it('warns of a parameter it does not know', () => {
    expect(readParameters({ ...VALID, 'spec.param.colour': 'red' }).warnings).to.deep.equal([
      'unknown parameter spec.param.colour ignored',
    ])
  })

  it('lists every violation, not the first only', () => {
    const violations = violationsOf({ 'spec.param.verbose': 'maybe', 'spec.param.portBandwidthGbps': 'ten' })
    expect(violations.map((violation) => violation.split(' ')[0])).to.have.members([
      'spec.timeout',
      'spec.param.networkAttachmentDefinitionName',
      'spec.param.verbose',
      'spec.param.portBandwidthGbps',
    ])
  })
})
