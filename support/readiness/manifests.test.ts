import { planTestbed } from './plan-testbed.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { verify } from 'unixcrypt'
import type { KubeObject } from '../../lab/apiserver/contract.ts'
import { asNode, matchesNode } from '../../lab/nodes/node-affinity.ts'
import { asPod } from '../../lab/nodes/pod.ts'
import { configMapManifest, vmiManifest } from './manifests.ts'
import { readParameters } from './read-parameters.ts'

const data = { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'dpdk-network' }
const inPod = { namespace: 'ns', configMap: 'config', pod: { name: 'pod-1', uid: 'uid-1', hostname: '' } }

function plan(more: Record<string, string> = {}, environment = inPod) {
  const owner = { name: 'pod-1', uid: 'uid-1' }
  return planTestbed(readParameters({ ...data, ...more }), environment, 'run-1', owner)
}

describe('manifests', () => {
  it('gives both VMIs the same suffix and the names existing users know', () => {
    const { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGenerator } = plan().vmis
    const [, suffix] = /^vmi-under-test-(\w{5})$/.exec(vmUnderTest.name) ?? []
    expect(trafficGenerator.name).to.equal(`dpdk-traffic-gen-${suffix ?? ''}`)
  })

  it('marks every object with the run, and lets the pod own it', () => {
    const owner = { name: 'pod-1', uid: 'uid-1' }
    const testbed = planTestbed(readParameters(data), inPod, 'run-1', owner, '2026-03-04T05:06:07.000Z')
    const vmi = testbed.vmis['vm-under-test']
    const labels = {
      'kubevirt-dpdk-checkup/uid': 'uid-1',
      'kiagnose/checkup-type': 'kubevirt-dpdk',
      'app.kubernetes.io/name': 'kubevirt-dpdk-checkup',
      'app.kubernetes.io/managed-by': 'kubevirt-dpdk-checkup',
    }
    const component = { 'app.kubernetes.io/component': 'vm-under-test' }
    for (const { manifest, expected } of [
      { manifest: vmiManifest(testbed, vmi), expected: { ...labels, ...component } },
      { manifest: configMapManifest(testbed, vmi), expected: labels },
    ]) {
      expect(manifest.metadata.labels).to.deep.equal(expected)
      expect(manifest.metadata.annotations).to.include({
        'kubevirt-dpdk-checkup/configmap': 'config',
        'kubevirt-dpdk-checkup/started-at': '2026-03-04T05:06:07.000Z',
      })
      expect(manifest.metadata.ownerReferences).to.deep.equal([
        { apiVersion: 'v1', kind: 'Pod', name: 'pod-1', uid: 'uid-1' },
      ])
    }
  })

  it('sets no owner outside of a pod, and labels with the run instead', () => {
    const testbed = planTestbed(readParameters(data), { ...inPod, pod: undefined }, 'run-1')
    const { metadata } = vmiManifest(testbed, testbed.vmis['vm-under-test'])
    expect(metadata).to.not.have.property('ownerReferences')
    expect(metadata.labels).to.include({ 'kubevirt-dpdk-checkup/uid': 'run-1' })
  })

  it('asks for the CPUs, memory and hugepages of the plan', () => {
    const testbed = plan()
    const { domain } = vmiManifest(testbed, testbed.vmis['traffic-generator']).spec
    expect(domain.cpu).to.deep.equal({
      sockets: 1,
      cores: 4,
      threads: 2,
      maxSockets: 1,
      dedicatedCpuPlacement: true,
      isolateEmulatorThread: true,
    })
    expect(domain.memory).to.deep.equal({ guest: '4Gi', hugepages: { pageSize: '1Gi' } })
  })

  it('is of another size where that was asked for', () => {
    const testbed = plan({
      'spec.param.vmiCpus': '12',
      'spec.param.vmiMemory': '6Gi',
      'spec.param.hugepageSize': '2Mi',
    })
    for (const vmi of Object.values(testbed.vmis)) {
      const { cpu, memory } = vmiManifest(testbed, vmi).spec.domain
      expect(cpu).to.include({ sockets: 1, cores: 6, threads: 2, maxSockets: 1 })
      expect(memory).to.deep.equal({ guest: '6Gi', hugepages: { pageSize: '2Mi' } })
    }
  })

  it('puts the ports at their PCI addresses, with MAC addresses of their own', () => {
    const testbed = plan()
    const interfaces = Object.values(testbed.vmis).flatMap(
      (vmi) => vmiManifest(testbed, vmi).spec.domain.devices.interfaces ?? [],
    )
    expect(interfaces.map(({ pciAddress }) => pciAddress)).to.deep.equal([
      '0000:06:00.0',
      '0000:07:00.0',
      '0000:06:00.0',
      '0000:07:00.0',
    ])
    const macs = interfaces.map(({ macAddress }) => macAddress ?? '')
    expect(new Set(macs)).to.have.property('size', 4)
    expect(macs[0]).to.match(/^60(:[0-9a-f]{2}){4}:01$/)
    expect(macs[1]).to.match(/^60(:[0-9a-f]{2}){4}:02$/)
    expect(macs[2]).to.match(/^50(:[0-9a-f]{2}){4}:01$/)
    expect(macs[3]).to.match(/^50(:[0-9a-f]{2}){4}:02$/)
  })

  it('holds the password as a hash only, within the size KubeVirt takes', () => {
    const testbed = plan()
    const manifest = vmiManifest(testbed, testbed.vmis['vm-under-test'])
    const cloudInit = manifest.spec.volumes?.find((volume) => volume.cloudInitNoCloud)?.cloudInitNoCloud
    const userData = cloudInit?.userData ?? ''
    expect(userData.length).to.be.below(2048)
    expect(JSON.stringify(manifest)).to.not.include(testbed.password)
    const config = JSON.parse(userData.replace('#cloud-config', '')) as { chpasswd: { list: string[] } }
    expect(verify(testbed.password, config.chpasswd.list[0]?.replace('root:', '') ?? '')).to.equal(true)
  })

  it('pins each VMI to its node where nodes are given', () => {
    const testbed = plan({
      'spec.param.trafficGenTargetNodeName': 'a',
      'spec.param.vmUnderTestTargetNodeName': 'b',
    })
    const affinity = JSON.stringify(vmiManifest(testbed, testbed.vmis['vm-under-test']).spec.affinity)
    expect(affinity)
      .to.include('"requiredDuringSchedulingIgnoredDuringExecution"')
      .and.include('"values":["b"]')
  })

  it('gives both VMIs the tolerations, selector, priority and labels of the parameters', () => {
    const testbed = plan({
      'spec.param.tolerations': 'dedicated=dpdk:NoSchedule',
      'spec.param.nodeSelector': 'pool=dpdk',
      'spec.param.priorityClassName': 'high',
      'spec.param.vmiLabels': 'team=net',
    })
    for (const vmi of Object.values(testbed.vmis)) {
      const { metadata, spec } = vmiManifest(testbed, vmi)
      expect(spec).to.deep.include({
        tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'dpdk', effect: 'NoSchedule' }],
        nodeSelector: { pool: 'dpdk' },
        priorityClassName: 'high',
      })
      expect(metadata.labels).to.include({ team: 'net', ...testbed.labels })
      expect(configMapManifest(testbed, vmi).metadata.labels).to.not.have.property('team')
    }
  })

  it('takes the west ports from a network of their own where one was named', () => {
    const networksOf = (testbed: ReturnType<typeof plan>) =>
      vmiManifest(testbed, testbed.vmis['vm-under-test']).spec.networks?.map(({ name, multus }) => [
        name,
        multus?.networkName,
      ])
    expect(networksOf(plan())).to.deep.equal([
      ['nic-east', 'dpdk-network'],
      ['nic-west', 'dpdk-network'],
    ])
    expect(networksOf(plan({ 'spec.param.westNetworkAttachmentDefinitionName': 'west' }))).to.deep.equal([
      ['nic-east', 'dpdk-network'],
      ['nic-west', 'west'],
    ])
  })

  it('says nothing of tolerations, selector and priority where none were asked for', () => {
    const testbed = plan()
    const { spec } = vmiManifest(testbed, testbed.vmis['vm-under-test'])
    expect(spec).to.not.have.any.keys('tolerations', 'nodeSelector', 'priorityClassName')
  })

  for (const [what, target] of [
    ['name', 'ip-10-0-0-2.ec2.internal'],
    ['label kubernetes.io/hostname', 'ip-10-0-0-2'],
  ] as const) {
    it(`has the scheduler take the node that is the target by its ${what}, and no other`, () => {
      const file = join(import.meta.dirname, '../../fixtures/cases/node-hostname-label/nodes.json')
      const nodes = JSON.parse(readFileSync(file, 'utf8')) as KubeObject[]
      const testbed = plan({
        'spec.param.trafficGenTargetNodeName': target,
        'spec.param.vmUnderTestTargetNodeName': target,
      })
      const { affinity } = vmiManifest(testbed, testbed.vmis['vm-under-test']).spec
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { affinity } }
      expect(
        nodes
          .map(asNode)
          .filter((node) => matchesNode(asPod(pod), node))
          .map((node) => node.metadata.name),
      ).to.deep.equal(['ip-10-0-0-2.ec2.internal'])
    })
  }

  it('prefers two nodes where none are given', () => {
    const testbed = plan()
    const affinity = JSON.stringify(vmiManifest(testbed, testbed.vmis['vm-under-test']).spec.affinity)
    expect(affinity).to.include('"podAntiAffinity"').and.include('"values":["uid-1"]')
  })

  it('tells the boot script which files go where', () => {
    const testbed = plan()
    const file = { name: 'trex_cfg.yaml', mode: '0644', target: '/etc/trex_cfg.yaml', content: 'x' } as const
    const { data: content } = configMapManifest(testbed, testbed.vmis['traffic-generator'], [file])
    expect(content).to.include({ install: 'trex_cfg.yaml 0644 /etc/trex_cfg.yaml\n', 'trex_cfg.yaml': 'x' })
    expect(content).to.have.property('boot.sh')
  })
})
