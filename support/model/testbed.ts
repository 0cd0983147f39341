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
  /** Annotations on every object of this run: which run it belongs to. */
  readonly annotations: Readonly<Record<string, string>>
  /** Further labels, on the VMIs. */
  readonly vmiLabels: Readonly<Record<string, string>>
  readonly scheduling: Scheduling
  readonly ownerReferences: readonly object[]
  /** root's password in both guests. A secret. */
  readonly password: string
  readonly vmis: PerRole<VmiPlan>
}

export const RUN_LABEL = 'kubevirt-dpdk-checkup/uid'

/**
 * Annotations that name an object's owner: the checkup's ConfigMap, and the timestamp with which the run claimed it.
 */
export const RUN_ANNOTATIONS = {
  configMap: 'kubevirt-dpdk-checkup/configmap',
  startedAt: 'kubevirt-dpdk-checkup/started-at',
} as const

/** The label by which consoles find a checkup of this type; the same as kiagnose's. */
export const CHECKUP_TYPE_LABEL = { 'kiagnose/checkup-type': 'kubevirt-dpdk' } as const

/** Kubernetes' recommended labels; the suite does not depend on them. */
export const APP_LABELS = {
  'app.kubernetes.io/name': 'kubevirt-dpdk-checkup',
  'app.kubernetes.io/managed-by': 'kubevirt-dpdk-checkup',
} as const

/** PCI addresses of each guest's ports; the VMI requests them from KubeVirt. */
export const PCI_ADDRESSES: PerPort<string> = { east: '0000:06:00.0', west: '0000:07:00.0' }
