/** The plan of a testbed: two VMIs, their links, names and addresses. */
import type { PerPort } from './ports.ts'
import type { PerRole, Role } from './role.ts'
import type { Scheduling } from './scheduling.ts'
import type { VmiShape } from './vmi-shape.ts'

export interface PortPlan {
  /** Name of the interface and of the network in the VMI. */
  readonly name: 'nic-east' | 'nic-west'
  readonly pciAddress: string
  readonly mac: string
}

export interface VmiPlan {
  readonly role: Role
  readonly name: string
  readonly configMapName: string
  readonly image: string
  readonly targetNode: string | undefined
  readonly east: PortPlan
  readonly west: PortPlan
}

export interface TestbedPlan extends VmiShape {
  readonly namespace: string
  /** Names of the ports' networks, in the same namespace. */
  readonly nads: PerPort<string>
  /** Label on every object of this run; its value is the pod's uid, or a random one outside of a pod. */
  readonly labels: Readonly<Record<string, string>>
  /** Further labels, on the VMIs. */
  readonly vmiLabels: Readonly<Record<string, string>>
  readonly scheduling: Scheduling
  readonly ownerReferences: readonly object[]
  /** root's password in both guests. A secret. */
  readonly password: string
  readonly vmis: PerRole<VmiPlan>
}

export const RUN_LABEL = 'kubevirt-dpdk-checkup/uid'

/** PCI addresses of each guest's ports; the VMI requests them from KubeVirt. */
export const PCI_ADDRESSES: PerPort<string> = { east: '0000:06:00.0', west: '0000:07:00.0' }
