/** Broken clusters, and the violations that the preflight must find on each. */
import { MUTATING_WEBHOOK_CONFIGURATIONS } from '../apiserver/kinds.ts'
import type { KubeObject } from '../apiserver/contract.ts'
import { KUBEVIRT } from '../kubevirt/kubevirt-kinds.ts'
import { KUBEVIRT_NAMESPACE } from '../kubevirt/kubevirt-object.ts'
import { sriovWebhook } from '../kubevirt/sriov-operator.ts'
import { grantInCluster } from './cluster-role.fixture.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
import { BOTH, type Case, onNetwork, onNodes, withAllocatable } from './preflight-case.fixture.ts'
import { NETWORK_CASES } from './preflight-network-cases.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const RESOURCE = 'openshift.io/dpdk_vf'
const TARGETS = {
  'spec.param.vmUnderTestTargetNodeName': 'lab-node-1',
  'spec.param.trafficGenTargetNodeName': 'lab-node-2',
}

const SMT_LABEL = 'feature.node.kubernetes.io/cpu-hardware_multithreading'
/** Grants access to kubelets, which the README's optional role does not include. */
function mayAskKubelets({ server: { store } }: GuestlessLab): void {
  const rules = [{ apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] }]
  const account = { kind: 'ServiceAccount', name: 'dpdk-checkup-sa', namespace: NAMESPACE }
  grantInCluster(store, 'ask-kubelets', rules, account)
}

/** Labels `lab-node-1` with the hostname `short-1`, because a node's name and hostname differ on some clouds. */
function withHostnames(lab: GuestlessLab): void {
  for (const name of BOTH)
    onNodes(lab, [name], ({ metadata }) => {
      const labels = { ...metadata.labels, 'kubernetes.io/hostname': name.replace('lab-node', 'short') }
      return { metadata: { ...metadata, labels } }
    })
}
const ofArchitecture =
  (architecture: string) =>
  ({ metadata }: KubeObject): Partial<KubeObject> => ({
    metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/arch': architecture } },
  })
export const CASES: readonly Case[] = [
  { name: 'a healthy cluster', wrong: {} },
  { name: 'a healthy cluster, with target nodes', parameters: TARGETS, wrong: {} },
  {
    name: 'nodes whose names are not their hostnames, with targets by either',
    parameters: {
      'spec.param.vmUnderTestTargetNodeName': 'lab-node-1',
      'spec.param.trafficGenTargetNodeName': 'short-2',
    },
    break: withHostnames,
    wrong: {},
  },
  {
    name: 'a target that is neither a name nor a hostname',
    parameters: {
      'spec.param.vmUnderTestTargetNodeName': 'short-1',
      'spec.param.trafficGenTargetNodeName': 'short-3',
    },
    break: withHostnames,
    wrong: { 'preflight.nodes': 'node short-3, the target of the traffic generator, does not exist' },
  },
  {
    name: 'one node for both, once by its name and once by its hostname',
    parameters: {
      'spec.param.vmUnderTestTargetNodeName': 'lab-node-1',
      'spec.param.trafficGenTargetNodeName': 'short-1',
    },
    break: (lab) => {
      withHostnames(lab)
      onNodes(lab, ['lab-node-1'], withAllocatable({ 'hugepages-1Gi': '4Gi' }))
    },
    wrong: {
      'preflight.hugepages': 'node lab-node-1 has hugepages-1Gi for 1 of the 2 VMIs that must run there',
    },
  },
  {
    name: 'a resource that no node has',
    break: (lab) => {
      onNetwork(lab, ({ metadata }) => ({
        metadata: { ...metadata, annotations: { 'k8s.v1.cni.cncf.io/resourceName': 'openshift.io/typo' } },
      }))
    },
    wrong: {
      'preflight.vfs':
        'the nodes have openshift.io/typo for neither of the two VMIs; each takes 2 openshift.io/typo; ' +
        'allocatable on lab-node-1, lab-node-2: no openshift.io/typo',
    },
  },
  {
    name: 'one node cordoned and the other not ready',
    break: (lab) => {
      onNodes(lab, ['lab-node-1'], () => ({
        spec: {
          unschedulable: true,
          taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
        },
      }))
      onNodes(lab, ['lab-node-2'], ({ status }) => ({
        status: {
          ...(status as object),
          conditions: [{ type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' }],
        },
      }))
    },
    wrong: {
      'preflight.nodes':
        'no node accepts VMIs with dedicated CPUs: lab-node-1: cordoned; lab-node-2: not Ready (Kubelet stopped',
    },
  },
  {
    name: 'a cordoned node that is a target',
    break: (lab) => {
      onNodes(lab, ['lab-node-2'], () => ({ spec: { unschedulable: true } }))
    },
    parameters: TARGETS,
    wrong: { 'preflight.nodes': 'lab-node-2, the target of the traffic generator, accepts no VMI: cordoned' },
  },
  {
    name: 'a cordoned node where others are left',
    break: (lab) => {
      onNodes(lab, ['lab-node-2'], () => ({ spec: { unschedulable: true } }))
    },
    wrong: {},
  },
  {
    name: 'a target that does not exist',
    parameters: { ...TARGETS, 'spec.param.trafficGenTargetNodeName': 'no-such-node' },
    wrong: { 'preflight.nodes': 'node no-such-node, the target of the traffic generator, does not exist' },
  },
  {
    name: 'nodes of arm64 alone',
    break: (lab) => {
      onNodes(lab, BOTH, ofArchitecture('arm64'))
    },
    wrong: {
      'preflight.nodes':
        "no node accepts VMIs with dedicated CPUs: lab-node-1, lab-node-2: its architecture is arm64, and the guests' is amd64",
    },
  },
  {
    name: 'nodes of s390x that say so without a label',
    break: (lab) => {
      onNodes(lab, BOTH, ({ metadata, status }) => {
        const labels = Object.fromEntries(
          Object.entries(metadata.labels ?? {}).filter(([key]) => key !== 'kubernetes.io/arch'),
        )
        const { nodeInfo, ...rest } = status as { nodeInfo: object }
        return {
          metadata: { ...metadata, labels },
          status: { ...rest, nodeInfo: { ...nodeInfo, architecture: 's390x' } },
        }
      })
    },
    wrong: { 'preflight.nodes': "its architecture is s390x, and the guests' is amd64" },
  },
  {
    name: 'a node of arm64 beside one of amd64 with room for both VMIs',
    break: (lab) => {
      onNodes(lab, ['lab-node-2'], ofArchitecture('arm64'))
    },
    wrong: {},
  },
  {
    name: 'a node of arm64, whose hugepages do not count',
    break: (lab) => {
      onNodes(lab, ['lab-node-2'], ofArchitecture('arm64'))
      onNodes(lab, ['lab-node-1'], withAllocatable({ 'hugepages-1Gi': '4Gi' }))
    },
    wrong: { 'preflight.hugepages': 'allocatable on lab-node-1: 4Gi hugepages-1Gi' },
  },
  {
    name: 'a target of arm64',
    break: (lab) => {
      onNodes(lab, ['lab-node-2'], ofArchitecture('arm64'))
    },
    parameters: TARGETS,
    wrong: {
      'preflight.nodes':
        'lab-node-2, the target of the traffic generator, accepts no VMI: its architecture is arm64',
    },
  },
  {
    name: 'tainted nodes',
    break: (lab) => {
      onNodes(lab, BOTH, () => ({
        spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoExecute' }] },
      }))
    },
    wrong: { 'preflight.nodes': 'lab-node-1, lab-node-2: tainted dedicated=db:NoExecute' },
  },
  {
    name: 'tainted nodes whose taint the VMIs tolerate',
    break: (lab) => {
      onNodes(lab, BOTH, () => ({
        spec: { taints: [{ key: 'dedicated', value: 'dpdk', effect: 'NoSchedule' }] },
      }))
    },
    parameters: { 'spec.param.tolerations': 'dedicated=dpdk:NoSchedule' },
    wrong: {},
  },
  {
    name: 'nodes without the required labels',
    parameters: { ...TARGETS, 'spec.param.nodeSelector': 'pool=dpdk' },
    wrong: {
      'preflight.nodes':
        'lab-node-1, the target of the VM under test, accepts no VMI: not labelled pool=dpdk, which nodeSelector requires',
    },
  },
  {
    name: 'nodes short of disk, as Kubernetes taints them',
    break: (lab) => {
      const taints = [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }]
      onNodes(lab, BOTH, () => ({ spec: { taints } }))
    },
    wrong: { 'preflight.nodes': 'tainted node.kubernetes.io/disk-pressure:NoSchedule' },
  },
  {
    name: 'no CPU manager',
    break: (lab) => {
      onNodes(lab, BOTH, ({ metadata }) => ({
        metadata: { ...metadata, labels: { 'kubevirt.io/schedulable': 'true' } },
      }))
      lab.change(KUBEVIRT, 'kubevirt', () => ({ spec: {} }), KUBEVIRT_NAMESPACE)
    },
    wrong: {
      'preflight.nodes':
        "not labelled kubevirt.io/cpumanager=true; KubeVirt's feature gate CPUManager, which sets that label, is off",
    },
  },
  {
    name: 'no hugepages',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ 'hugepages-1Gi': '0' }))
    },
    wrong: { 'preflight.hugepages': 'the nodes have hugepages-1Gi for neither of the two VMIs' },
  },
  {
    name: 'hugepages for one VMI only',
    break: (lab) => {
      onNodes(lab, ['lab-node-1'], withAllocatable({ 'hugepages-1Gi': '7Gi' }))
      onNodes(lab, ['lab-node-2'], withAllocatable({ 'hugepages-1Gi': '3Gi' }))
    },
    wrong: { 'preflight.hugepages': 'the nodes have hugepages-1Gi for only one of the two VMIs' },
  },
  {
    name: 'pages of 2 MiB in place of those of 1 GiB, as asked for',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ 'hugepages-1Gi': '0' }))
    },
    parameters: { 'spec.param.hugepageSize': '2Mi' },
    wrong: {},
  },
  {
    name: 'pages of 1 GiB where those of 2 MiB were asked for',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ 'hugepages-2Mi': '4094Mi' }))
    },
    parameters: { 'spec.param.hugepageSize': '2Mi' },
    wrong: {
      'preflight.hugepages':
        'the nodes have hugepages-2Mi for neither of the two VMIs; each takes 4Gi of hugepages-2Mi',
    },
  },
  {
    name: 'too little memory for VMIs that are larger than usual',
    parameters: { 'spec.param.vmiMemory': '17Gi' },
    wrong: {
      'preflight.hugepages':
        'the nodes have hugepages-1Gi for neither of the two VMIs; each takes 17Gi of hugepages-1Gi',
    },
  },
  {
    name: 'too few CPUs for VMIs that are larger than usual',
    parameters: { 'spec.param.vmiCpus': '20' },
    wrong: { 'preflight.cpus': 'each takes 21 CPUs; allocatable on lab-node-1, lab-node-2: 20 cpu' },
  },
  {
    name: 'too few CPUs',
    break: (lab) => {
      onNodes(lab, BOTH, withAllocatable({ cpu: '8900m' }))
    },
    wrong: { 'preflight.cpus': 'each takes 9 CPUs; allocatable on lab-node-1, lab-node-2: 8900m cpu' },
  },
  {
    name: 'too few CPUs for two VMIs on one target',
    break: (lab) => {
      onNodes(lab, ['lab-node-1'], withAllocatable({ cpu: '17' }))
    },
    parameters: { ...TARGETS, 'spec.param.trafficGenTargetNodeName': 'lab-node-1' },
    wrong: { 'preflight.cpus': 'node lab-node-1 has cpu for 1 of the 2 VMIs that must run there' },
  },
  {
    name: 'enough of everything, and nowhere together',
    break: (lab) => {
      onNodes(lab, ['lab-node-1'], withAllocatable({ 'hugepages-1Gi': '0' }))
      onNodes(lab, ['lab-node-2'], withAllocatable({ [RESOURCE]: '0' }))
    },
    wrong: { 'preflight.placement': 'the nodes have room for neither of the two VMIs' },
  },
  {
    name: 'kubelets that assign whole cores only',
    break: (lab) => {
      onNodes(lab, BOTH, ({ metadata }) => ({
        metadata: { ...metadata, labels: { ...metadata.labels, [SMT_LABEL]: 'true' } },
      }))
      for (const node of BOTH) lab.kubelets.giveWholeCoresOnly(node)
      mayAskKubelets(lab)
    },
    wrong: {
      'preflight.smt':
        'lab-node-1, lab-node-2 assign whole cores only (full-pcpus-only) and refuse pods of 9 CPUs',
    },
  },
  {
    name: 'nodes without allocatable',
    break: (lab) => {
      onNodes(lab, BOTH, ({ status }) => ({
        status: { conditions: (status as { conditions: object }).conditions },
      }))
    },
    wrong: {
      'preflight.cpus': 'no cpu',
      'preflight.hugepages': 'no hugepages-1Gi',
      'preflight.vfs': `no ${RESOURCE}`,
    },
  },
  {
    name: 'invalid quantities',
    break: (lab) => {
      onNodes(
        lab,
        BOTH,
        withAllocatable({ cpu: 'many', 'hugepages-1Gi': { of: 'no kind' }, [RESOURCE]: null }),
      )
    },
    wrong: {
      'preflight.cpus': 'many cpu (not a valid quantity)',
      'preflight.hugepages': '{"of":"no kind"} hugepages-1Gi (not a valid quantity)',
      'preflight.vfs': `null ${RESOURCE} (not a valid quantity)`,
    },
  },
  ...NETWORK_CASES,
  {
    name: 'nothing that injects VF requests',
    break: (lab) => {
      const gates = { featureGates: ['CPUManager', 'ExternalNetResourceInjection'] }
      const spec = { configuration: { developerConfiguration: gates } }
      lab.change(KUBEVIRT, 'kubevirt', () => ({ spec }), KUBEVIRT_NAMESPACE)
    },
    wrong: { 'preflight.vf-injection': 'there is no MutatingWebhookConfiguration of that name' },
  },
  {
    name: 'KubeVirt leaving VFs to a webhook that is there',
    break: (lab) => {
      const status = { observedKubeVirtVersion: 'v1.9.0' }
      lab.change(KUBEVIRT, 'kubevirt', () => ({ status }), KUBEVIRT_NAMESPACE)
      lab.server.store.create(MUTATING_WEBHOOK_CONFIGURATIONS, sriovWebhook())
    },
    wrong: {},
  },
  {
    name: 'a KubeVirt of old',
    break: (lab) => {
      const status = { observedKubeVirtVersion: 'v0.59.2' }
      lab.change(KUBEVIRT, 'kubevirt', () => ({ status }), KUBEVIRT_NAMESPACE)
    },
    wrong: { 'precondition.kubevirt': 'KubeVirt v0.59.2 is older than v1.0' },
  },
  {
    name: 'a rate above line rate',
    parameters: { 'spec.param.trafficGenPacketsPerSecond': '15m' },
    wrong: {
      'preflight.rate':
        'the rate exceeds the port speed of 10 Gbit/s: 15,000,000 packets/s × (64 + 20) bytes × 8 = 10.08 Gbit/s; at most 14,880,952',
    },
  },
  {
    name: 'a timeout that nothing fits into',
    parameters: { 'spec.timeout': '60s', 'spec.param.testDuration': '50s' },
    wrong: {
      'preflight.timeout':
        'spec.timeout (1m) is too short for the run, which takes at least boot and configuration 15s + testDuration 50s + last counters 2s = 1m7s',
    },
  },
]
