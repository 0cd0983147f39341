/** The nodes a lab starts with. */
import type { KubeObject } from '../apiserver/contract.ts'
import { timestamp } from '../apiserver/timestamp.ts'

export interface LabNodeOptions {
  readonly names?: readonly string[]
  readonly cpus?: number
  /** A quantity, as everything in `allocatable`. */
  readonly memory?: string
  readonly hugepages1Gi?: string
  /** VFs per node and the name they are asked for by. */
  readonly vfResource?: string
  readonly vfs?: number
  /** Name and version, e.g. `cri-o://1.36.0`, which is the default. */
  readonly containerRuntime?: string
}

export const DEFAULT_VF_RESOURCE = 'openshift.io/dpdk_vf'
export const DEFAULT_NODE_NAMES = ['lab-node-1', 'lab-node-2'] as const

/** Nodes that can take a DPDK VMI each, and both at once where a user pins them to one node. */
export function labNodes(options: LabNodeOptions = {}): KubeObject[] {
  const {
    names = DEFAULT_NODE_NAMES,
    cpus = 20,
    memory = '32Gi',
    hugepages1Gi = '16Gi',
    vfResource = DEFAULT_VF_RESOURCE,
    vfs = 8,
    containerRuntime = 'cri-o://1.36.0',
  } = options
  const allocatable = {
    cpu: String(cpus),
    memory,
    'hugepages-1Gi': hugepages1Gi,
    pods: '110',
    'devices.kubevirt.io/kvm': '1k',
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
        // Both of KubeVirt's names for it: pods select the newer one, people look for the older one.
        'kubevirt.io/cpumanager': 'true',
        cpumanager: 'true',
        // As node-feature-discovery labels them: whether a core has more than one thread.
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
      nodeInfo: {
        ...{ architecture: 'amd64', operatingSystem: 'linux', kubeletVersion: 'v1.36.0' },
        containerRuntimeVersion: containerRuntime,
      },
    },
  }))
}
