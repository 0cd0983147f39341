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
  } = options
  const allocatable = {
    cpu: String(cpus),
    memory,
    'hugepages-1Gi': hugepages1Gi,
    'hugepages-2Mi': hugepages2Mi,
    pods: '110',
    ...Object.fromEntries(Object.values(HOST_DEVICES).map((device) => [device, '1k'])),
    [vfResource]: String(vfs),
  }
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
      },
    },
    spec: {},
    status: {
      capacity: allocatable,
      allocatable,
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
