/** Clusters without a node on which the scheduler can put the VMIs. */
import type { KubeObject } from '../apiserver/contract.ts'
import { PODS } from '../apiserver/kinds.ts'
import { SRIOV_NAMESPACE, SRIOV_NODE_STATE } from '../kubevirt/sriov-operator.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
import { BOTH, onNetwork, onNodes, withAllocatable } from './preflight-case.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

export const RESOURCE = 'openshift.io/dpdk_vf'

function unknownResource(lab: GuestlessLab): void {
  const annotations = { 'k8s.v1.cni.cncf.io/resourceName': 'example.com/no_such_vf' }
  onNetwork(lab, ({ metadata }) => ({ metadata: { ...metadata, annotations } }))
}

/** Pods of other users occupy these resources on both nodes. */
function heldByOthers(lab: GuestlessLab, requests: Readonly<Record<string, string>>): void {
  for (const nodeName of BOTH)
    lab.server.store.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `others-${nodeName}`, namespace: 'default' },
      spec: { nodeName, containers: [{ name: 'work', image: 'work', resources: { requests } }] },
      status: { phase: 'Running' },
    })
}

const CPU_MANAGER_LABELS = ['cpumanager', 'kubevirt.io/cpumanager']
const unlabelled = ({ metadata }: KubeObject): Partial<KubeObject> => {
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => !CPU_MANAGER_LABELS.includes(name))
  return { metadata: { ...metadata, labels: Object.fromEntries(labels) } }
}

export const UNSCHEDULABLE_CLUSTERS: readonly {
  readonly name: string
  readonly break?: (lab: GuestlessLab) => void
  readonly hidden?: true
  readonly parameters?: Readonly<Record<string, string>>
  readonly first: readonly [id: string, sentence: RegExp]
}[] = [
  {
    name: 'VFs that the SR-IOV operator did not provision',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ [RESOURCE]: '0' }))
      const status = { syncStatus: 'Failed', lastSyncError: 'PF ens1f0 has no driver' }
      lab.change(SRIOV_NODE_STATE, BOTH[0], () => ({ status }), SRIOV_NAMESPACE)
    },
    first: [
      'vfs-not-provisioned',
      /the VFs of node lab-node-1 are not provisioned: its sync status is Failed/,
    ],
  },
  {
    name: 'nodes without KVM',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ 'devices.kubevirt.io/kvm': '0' }))
    },
    first: ['no-kvm', /devices\.kubevirt\.io\/kvm .* 2 of 2 nodes/],
  },
  {
    name: 'VFs that others hold',
    break: (lab) => {
      heldByOthers(lab, { [RESOURCE]: '7' })
    },
    first: ['insufficient-vfs', /openshift\.io\/dpdk_vf .* 2 of 2 nodes/],
  },
  {
    name: 'a network of a resource that no node has',
    break: unknownResource,
    first: ['insufficient-vfs', /needs example\.com\/no_such_vf, but 0 of/],
  },
  {
    name: 'a network of a resource that no node has, where networks and nodes are hidden',
    hidden: true,
    break: unknownResource,
    first: ['insufficient-vfs', /no node has enough example\.com\/no_such_vf free .* 2 of 2 nodes/],
  },
  {
    name: 'hugepages that others hold',
    break: (lab) => {
      heldByOthers(lab, { 'hugepages-1Gi': '14Gi' })
    },
    first: ['insufficient-hugepages', /hugepages-1Gi .* 2 of 2 nodes/],
  },
  {
    name: 'CPUs that others hold',
    break: (lab) => {
      heldByOthers(lab, { cpu: '12' })
    },
    first: ['insufficient-cpus', /cpu .* 2 of 2 nodes/],
  },
  {
    name: 'memory that others hold',
    break: (lab) => {
      heldByOthers(lab, { memory: '31Gi' })
    },
    first: ['insufficient-memory', /memory .* 2 of 2 nodes/],
  },
  {
    name: 'no CPU manager',
    break: (lab) => {
      onNodes(lab, BOTH, unlabelled)
    },
    first: ['no-cpu-manager', /none of 2 nodes has the label kubevirt\.io\/cpumanager=true/],
  },
  {
    name: 'no CPU manager, where nodes are hidden',
    hidden: true,
    break: (lab) => {
      onNodes(lab, BOTH, unlabelled)
    },
    first: ['node-selector-unfit', /2 of 2 nodes do not match the node selector/],
  },
  {
    name: 'a target node that does not exist',
    parameters: {
      'spec.param.vmUnderTestTargetNodeName': 'no-such-node',
      'spec.param.trafficGenTargetNodeName': 'lab-node-2',
    },
    first: ['target-node-unfit', /name node no-such-node for .*, but there is no such node/],
  },
  {
    name: 'nodes that are cordoned',
    break: (lab) => {
      onNodes(lab, BOTH, () => ({ spec: { unschedulable: true } }))
    },
    first: ['nodes-closed', /2 of 2 nodes accept no new pod/],
  },
  {
    name: 'tenants who want a node for themselves',
    break: (lab) => {
      heldByOthers(lab, {})
      const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: {}, namespaces: [NAMESPACE] }
      const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      for (const name of BOTH)
        lab.change(
          PODS,
          `others-${name}`,
          ({ spec }) => ({ spec: { ...(spec as object), affinity: { podAntiAffinity } } }),
          'default',
        )
    },
    first: ['not-scheduled', /existing pods anti-affinity rules/],
  },
]
