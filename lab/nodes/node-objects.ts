/** The lab's nodes. */
import { randomUUID } from 'node:crypto'
import type { V1NodeSystemInfo } from '@kubernetes/client-node'
import type { KubeObject } from '../apiserver/contract.ts'
import { timestamp } from '../apiserver/timestamp.ts'

/** Not CRI-O or containerd: the lab ignores a pod's runtime annotations, so no diagnosis may depend on them. */
export const LAB_CONTAINER_RUNTIME = 'embedded-lab://1'

export interface LabNodeOptions {
  readonly names?: readonly string[]
  readonly cpus?: number
  /** A Kubernetes quantity, for `allocatable`; so are hugepages. */
  readonly memory?: string
  readonly hugepages1Gi?: string
  readonly hugepages2Mi?: string
  /** The resource name of the VFs, and their number per node. */
  readonly vfResource?: string
  readonly vfs?: number
  /** Name and version; default: `cri-o://1.36.0`. */
  readonly containerRuntime?: string
  /** Zones by the nodes' names; nodes without one have no such label. */
  readonly zones?: ReadonlyMap<string, string>
  /** Nodes that have less, by their names. */
  readonly scarce?: Readonly<Record<string, { readonly cpus?: number; readonly vfs?: number }>> | undefined
}

export const DEFAULT_VF_RESOURCE = 'openshift.io/dpdk_vf'
export const DEFAULT_NODE_NAMES = ['lab-node-1', 'lab-node-2'] as const

/** Resource names of KubeVirt's device plugins. */
export const HOST_DEVICES = {
  kvm: 'devices.kubevirt.io/kvm',
  tun: 'devices.kubevirt.io/tun',
  vhostNet: 'devices.kubevirt.io/vhost-net',
} as const
/** Prefix of a label for each machine type of the node's QEMU. */
export const MACHINE_TYPE_LABEL = 'machine-type.node.kubevirt.io/'

/** Names of that many nodes. */
function labNodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `lab-node-${index + 1}`)
}

const NODES_OF_A_ZONE = 4
const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Zones of equal size: two, if there are few nodes. A zone has two nodes at least, or there is only one zone. */
function labZones(names: readonly string[]): ReadonlyMap<string, string> {
  const size = Math.min(NODES_OF_A_ZONE, Math.max(2, Math.ceil(names.length / 2)))
  const count = Math.max(1, Math.floor(names.length / size))
  const zoneOf = (index: number) =>
    String.fromCharCode(0x61 + (Math.min(count - 1, Math.floor(index / size)) % 26))
  return new Map(names.map((name, index) => [name, `zone-${zoneOf(index)}`]))
}

/** Names and zones of that many nodes; the default ones if no number is given. */
export function nodesOf(count: number | undefined): Pick<LabNodeOptions, 'names' | 'zones'> {
  if (count === undefined) return {}
  const names = labNodeNames(count)
  return { names, zones: labZones(names) }
}

/** Nodes; by default, each is large enough for both VMs of a run. */
export function labNodes(options: LabNodeOptions = {}): KubeObject[] {
  const {
    names = DEFAULT_NODE_NAMES,
    cpus = 20,
    memory = '32Gi',
    hugepages1Gi = '16Gi',
    hugepages2Mi = '8Gi',
    vfResource = DEFAULT_VF_RESOURCE,
    vfs = 8,
    containerRuntime = 'cri-o://1.36.0',
    zones = new Map<string, string>(),
    scarce = {},
  } = options
  const allocatableOf = (name: string) => ({
    cpu: String(scarce[name]?.cpus ?? cpus),
    memory,
    'hugepages-1Gi': hugepages1Gi,
    'hugepages-2Mi': hugepages2Mi,
    pods: '110',
    ...Object.fromEntries(Object.values(HOST_DEVICES).map((device) => [device, '1k'])),
    [vfResource]: String(scarce[name]?.vfs ?? vfs),
  })
  return names.map((name) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/worker': '',
        'kubevirt.io/schedulable': 'true',
        [`${MACHINE_TYPE_LABEL}q35`]: 'true',
        // The newer and the older name of KubeVirt's label: launcher pods select the newer one.
        'kubevirt.io/cpumanager': 'true',
        cpumanager: 'true',
        // node-feature-discovery's label: whether cores have more than one thread.
        'feature.node.kubernetes.io/cpu-hardware_multithreading': 'false',
        ...zoneLabel(zones.get(name)),
      },
    },
    spec: {},
    status: {
      capacity: allocatableOf(name),
      allocatable: allocatableOf(name),
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastTransitionTime: timestamp(),
        },
      ],
      nodeInfo: nodeInfo(containerRuntime),
    },
  }))
}

function zoneLabel(zone: string | undefined): Record<string, string> {
  return zone === undefined ? {} : { [ZONE_LABEL]: zone }
}

/** All required fields of NodeSystemInfo. */
function nodeInfo(containerRuntimeVersion: string): Pick<V1NodeSystemInfo, keyof V1NodeSystemInfo> {
  return {
    architecture: 'amd64',
    operatingSystem: 'linux',
    osImage: 'Simulated node of the lab',
    kernelVersion: '5.14.0-427.el9.x86_64',
    kubeletVersion: 'v1.36.0',
    // Deprecated, but required.
    kubeProxyVersion: '',
    containerRuntimeVersion,
    bootID: randomUUID(),
    machineID: randomUUID().replaceAll('-', ''),
    systemUUID: randomUUID(),
  }
}
