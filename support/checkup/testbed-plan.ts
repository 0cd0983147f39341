/** The testbed as it is planned: two VMIs, their links, names and addresses. Nothing of it exists yet. */
import { randomBytes, randomInt } from 'node:crypto'
import { type CpuPlan, planCpus } from './cpu-plan.ts'
import type { Environment } from './environment.ts'
import type { Parameters } from './parameters.ts'

export type Role = 'vm-under-test' | 'traffic-generator'

export interface PortPlan {
  /** Interface and network name in the VMI. */
  readonly name: 'nic-east' | 'nic-west'
  readonly pciAddress: string
  readonly mac: string
}

export interface VmiPlan {
  readonly role: Role
  /** For messages: `VM under test`. */
  readonly title: string
  readonly name: string
  readonly configMapName: string
  readonly image: string
  readonly targetNode: string | undefined
  readonly east: PortPlan
  readonly west: PortPlan
}

export interface TestbedPlan {
  readonly namespace: string
  readonly nad: string
  /** On every object of this run; its value is the pod's uid, or a random one outside of a pod. */
  readonly labels: Readonly<Record<string, string>>
  readonly ownerReferences: readonly object[]
  readonly cpus: CpuPlan
  /** See `GUEST_MEMORY_GI`. */
  readonly memoryGi: number
  /** root's password in both guests. A secret. */
  readonly password: string
  readonly vmUnderTest: VmiPlan
  readonly trafficGenerator: VmiPlan
}

export const RUN_LABEL = 'kubevirt-dpdk-checkup/uid'
const CHECKUP_TYPE_LABEL = { 'kiagnose/checkup-type': 'kubevirt-dpdk' }

/** Hugepages of 1 GiB in each guest; the guest's memory is made of them too. */
export const GUEST_MEMORY_GI = 4

const EAST_PCI_ADDRESS = '0000:06:00.0'
const WEST_PCI_ADDRESS = '0000:07:00.0'

export function planTestbed(parameters: Parameters, environment: Environment, runId: string): TestbedPlan {
  const suffix = randomSuffix()
  const owner = environment.pod
  return {
    namespace: environment.namespace,
    nad: parameters.networkAttachmentDefinitionName,
    labels: { [RUN_LABEL]: owner?.uid ?? runId, ...CHECKUP_TYPE_LABEL },
    ownerReferences:
      owner === undefined ? [] : [{ apiVersion: 'v1', kind: 'Pod', name: owner.name, uid: owner.uid }],
    cpus: planCpus(),
    memoryGi: GUEST_MEMORY_GI,
    password: randomBytes(18).toString('base64url'),
    vmUnderTest: {
      role: 'vm-under-test',
      title: 'VM under test',
      name: `vmi-under-test-${suffix}`,
      configMapName: `vmi-under-test-config-${suffix}`,
      image: parameters.vmUnderTestContainerDiskImage,
      targetNode: parameters.targetNodes?.vmUnderTest,
      ...planPorts(0x60),
    },
    trafficGenerator: {
      role: 'traffic-generator',
      title: 'traffic generator',
      name: `dpdk-traffic-gen-${suffix}`,
      configMapName: `dpdk-traffic-gen-config-${suffix}`,
      image: parameters.trafficGenContainerDiskImage,
      targetNode: parameters.targetNodes?.trafficGen,
      ...planPorts(0x50),
    },
  }
}

/** Locally known first and last octets with a random middle, the same in a guest's two ports. */
function planPorts(firstOctet: number): { east: PortPlan; west: PortPlan } {
  const middle = randomBytes(4)
  const mac = (last: number) =>
    [firstOctet, ...middle, last].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
  return {
    east: { name: 'nic-east', pciAddress: EAST_PCI_ADDRESS, mac: mac(1) },
    west: { name: 'nic-west', pciAddress: WEST_PCI_ADDRESS, mac: mac(2) },
  }
}

/** Five characters as Kubernetes' own generated names have them: no vowels, nothing easily misread. */
function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from({ length: 5 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
