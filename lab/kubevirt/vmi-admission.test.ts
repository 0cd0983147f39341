import { expect } from 'chai'
import { StatusError } from '../apiserver/contract.ts'
import { admitVmi, admitVmiUpdate } from './vmi-admission.ts'
import { dpdkVmi } from './lab.fixture.ts'
import { asVmi } from './vmi.ts'

const REFUSED: readonly (readonly [what: string, changes: Record<string, unknown>, message: string])[] = [
  [
    'an isolated emulator thread without dedicated CPUs',
    { 'spec.domain.cpu.dedicatedCpuPlacement': false },
    'IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement',
  ],
  [
    'three threads a core with dedicated CPUs',
    { 'spec.domain.cpu.threads': 3 },
    'Not more than two threads must be provided at spec.domain.cpu.threads (got 3) when DedicatedCPUPlacement is true',
  ],
  [
    'more sockets than there may be',
    { 'spec.domain.cpu.sockets': 2, 'spec.domain.cpu.maxSockets': 1 },
    'Number of sockets in CPU topology is greater than the maximum sockets allowed',
  ],
  [
    'memory that is not a multiple of the page',
    { 'spec.domain.memory.guest': '4500Mi' },
    "spec.domain.resources.requests.memory '0' is not a multiple of the page size spec.domain.memory.hugepages.pageSize '1Gi'",
  ],
  [
    'a page larger than the memory',
    { 'spec.domain.memory.hugepages.pageSize': '8Gi' },
    "spec.domain.resources.requests.memory '0' must be equal to or larger than page size spec.domain.memory.hugepages.pageSize '8Gi'",
  ],
  [
    'a malformed MAC address',
    { 'spec.domain.devices.interfaces.1.macAddress': '60:00:00:00:00' },
    'interface spec.domain.devices.interfaces[1].name has malformed MAC address (60:00:00:00:00).',
  ],
  [
    'a MAC address of eight octets',
    { 'spec.domain.devices.interfaces.1.macAddress': '60:00:00:00:00:00:00:01' },
    'interface spec.domain.devices.interfaces[1].name has too long MAC address (60:00:00:00:00:00:00:01).',
  ],
  [
    'a malformed PCI address',
    { 'spec.domain.devices.interfaces.0.pciAddress': '06:00.0' },
    'interface spec.domain.devices.interfaces[0].name has malformed PCI address (06:00.0).',
  ],
  [
    'an interface without a network',
    { 'spec.networks': [{ name: 'nic-east', multus: { networkName: 'dpdk' } }] },
    "spec.domain.devices.interfaces[1].name 'nic-west' not found.",
  ],
  [
    'a network without an interface',
    { 'spec.domain.devices.interfaces': [{ name: 'nic-east', sriov: {} }] },
    "spec.networks[1].name 'nic-west' not found.",
  ],
  [
    'a disk without a volume',
    { 'spec.domain.devices.disks.2.name': 'vmi-under-test-config', 'spec.volumes.2.name': 'config' },
    "spec.domain.devices.disks[2].Name 'vmi-under-test-config' not found.",
  ],
  [
    'a serial of over 256 characters',
    { 'spec.domain.devices.disks.2.serial': 'A'.repeat(257) },
    'spec.domain.devices.disks[2] must be less than or equal to 256 in length, if specified',
  ],
  [
    'user data of over 2048 bytes',
    { 'spec.volumes.1.cloudInitNoCloud.userData': 'é'.repeat(1025) },
    'spec.volumes[1].cloudInitNoCloud userdata exceeds 2048 byte limit. Should use UserDataSecretRef for larger data.',
  ],
  [
    'base64 user data of over 2048 bytes',
    {
      'spec.volumes.1.cloudInitNoCloud': { userDataBase64: Buffer.alloc(2049, 'x').toString('base64') },
    },
    'spec.volumes[1].cloudInitNoCloud userdata exceeds 2048 byte limit. Should use UserDataSecretRef for larger data.',
  ],
  [
    'two probes in one',
    { 'spec.readinessProbe.guestAgentPing': {} },
    'spec.readinessProbe must have exactly one probe type set',
  ],
  [
    'a probe over a network that is not there',
    { 'spec.readinessProbe': { tcpSocket: { port: 22 } } },
    'spec.readinessProbe.tcpSocket is only allowed if the Pod Network is attached',
  ],
]

const ACCEPTED: readonly (readonly [what: string, changes: Record<string, unknown>])[] = [
  ['the VMI of the checkup', {}],
  ['duplicate MAC addresses', { 'spec.domain.devices.interfaces.1.macAddress': '60:00:00:00:00:01' }],
  ['duplicate PCI addresses', { 'spec.domain.devices.interfaces.1.pciAddress': '0000:06:00.0' }],
  ['MAC addresses with hyphens', { 'spec.domain.devices.interfaces.1.macAddress': '60-00-00-00-00-02' }],
  ['the same serial at its longest', { 'spec.domain.devices.disks.2.serial': 'A'.repeat(256) }],
  ['user data at its longest', { 'spec.volumes.1.cloudInitNoCloud.userData': 'x'.repeat(2048) }],
  ['a CPU model nobody made', { 'spec.domain.cpu.model': 'Abacus-v2' }],
  ['no readiness probe', { 'spec.readinessProbe': undefined }],
  ['fields the lab does not know', { 'spec.domain.devices.blockMultiQueue': true, 'spec.whatever': 1 }],
]

const MISSHAPEN: readonly (readonly [what: string, changes: Record<string, unknown>, message: string])[] = [
  ['no spec', { spec: undefined }, 'spec: Required value'],
  ['no devices', { 'spec.domain.devices': undefined }, 'spec.domain.devices: Required value'],
  [
    'cores in words',
    { 'spec.domain.cpu.cores': 'four' },
    'spec.domain.cpu.cores: Invalid value: "string": spec.domain.cpu.cores in body must be of type integer: "string"',
  ],
  [
    'disks that are not a list',
    { 'spec.domain.devices.disks': { name: 'rootdisk' } },
    'spec.domain.devices.disks: Invalid value: "object": spec.domain.devices.disks in body must be of type array: "object"',
  ],
  [
    'a grace period in words',
    { 'spec.terminationGracePeriodSeconds': 'abc' },
    'spec.terminationGracePeriodSeconds: Invalid value: "string": spec.terminationGracePeriodSeconds in body must be of type integer: "string"',
  ],
]

function refusal(work: () => unknown): StatusError {
  try {
    work()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('admission of VMIs', () => {
  for (const [what, changes, message] of REFUSED)
    it(`refuses ${what}`, () => {
      const error = refusal(() => admitVmi(dpdkVmi('vmi', changes)))
      expect(error).to.include({ code: 422, reason: 'Invalid' })
      expect(error.message).to.equal(
        `admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: ${message}`,
      )
      expect(error.details?.causes?.map((cause) => cause.message)).to.deep.equal([message])
    })

  it('names everything it refuses', () => {
    const changes = { 'spec.domain.cpu.threads': 3, 'spec.domain.devices.interfaces.0.pciAddress': 'x' }
    const error = refusal(() => admitVmi(dpdkVmi('vmi', changes)))
    expect(error.details?.causes).to.have.length(2)
  })

  for (const [what, changes] of ACCEPTED)
    it(`accepts ${what}`, () => {
      expect(() => admitVmi(dpdkVmi('vmi', changes))).not.to.throw()
    })

  for (const [what, changes, message] of MISSHAPEN)
    it(`answers as the schema does to ${what}`, () => {
      const error = refusal(() => admitVmi(dpdkVmi('vmi', changes)))
      expect(error).to.include({ code: 422, reason: 'Invalid' })
      expect(error.message).to.equal(`VirtualMachineInstance.kubevirt.io "vmi" is invalid: ${message}`)
    })

  it('fills in what KubeVirt fills in', () => {
    const { metadata, spec, status } = asVmi(
      admitVmi({ ...dpdkVmi('vmi'), status: { phase: 'Running', nodeName: 'elsewhere' } }),
    )
    expect(metadata.annotations).to.include({ 'kubevirt.io/pci-topology-version': 'v3' })
    expect(metadata.finalizers).to.have.length(1)
    expect(spec).to.include({ evictionStrategy: 'None', architecture: 'amd64' })
    expect(spec.domain.machine).to.deep.equal({ type: 'q35' })
    expect(spec.domain.cpu?.model).to.equal('host-model')
    expect(spec.domain.features).to.deep.equal({ acpi: { enabled: true } })
    expect(spec.domain.cpu?.maxSockets).to.equal(4)
    expect(spec.domain.memory?.maxGuest).to.equal('16Gi')
    expect(spec.domain.firmware?.uuid).to.match(/^[0-9a-f-]{36}$/)
    expect(spec.domain.devices.disks?.map(({ disk }) => disk?.bus)).to.deep.equal([
      'virtio',
      'virtio',
      'sata',
    ])
    expect(status.phase).to.equal('Pending')
    expect(status).not.to.have.property('nodeName')
  })

  it('gives a volume without a disk one', () => {
    const { spec } = asVmi(
      admitVmi(dpdkVmi('vmi', { 'spec.domain.devices.disks': [{ name: 'rootdisk', disk: {} }] })),
    )
    expect(spec.domain.devices.disks?.map(({ name }) => name)).to.deep.equal([
      'rootdisk',
      'cloudinitdisk',
      'config',
    ])
  })

  describe('of changes by users', () => {
    const old = admitVmi(dpdkVmi('vmi'))

    it('lets labels change and puts the status back', () => {
      const changed = admitVmiUpdate(
        { ...old, metadata: { ...old.metadata, labels: { mine: 'x' } }, status: { phase: 'Succeeded' } },
        old,
      )
      expect(changed.metadata.labels).to.deep.equal({ mine: 'x' })
      expect(changed['status']).to.equal(old['status'])
    })

    it('refuses another spec', () => {
      const changed = { ...old, spec: { ...asVmi(old).spec, hostname: 'other' } }
      expect(refusal(() => admitVmiUpdate(changed, old)).message).to.match(
        /: update of VMI object is restricted$/,
      )
    })

    it("refuses another value of KubeVirt's own labels", () => {
      const labels = { ...old.metadata.labels, 'kubevirt.io/nodeName': 'lab-node-2' }
      const changed = { ...old, metadata: { ...old.metadata, labels } }
      expect(refusal(() => admitVmiUpdate(changed, old)).message).to.match(/reserved kubevirt.io\/ labels/)
    })
  })
})
