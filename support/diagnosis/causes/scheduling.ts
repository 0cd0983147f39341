/** Why no node takes a VMI's pod: from the scheduler's message and, if they are readable, the nodes. */
import { type ForeignText, partOf, partsOf, says } from '../../common/foreign-text.ts'
import { isTarget } from '../../model/target-node.ts'
import { VMI_NEEDS } from '../../model/vmi-needs.ts'
import { type CauseEntry, type Certainty, evidence, type Proof, sized } from '../cause.ts'
import type { Findings, NodeFindings, VmiFindings } from '../findings.ts'
import { atVmis, BOTH_READY, obstacle, type Sign, unmetCondition } from './vmi.ts'
import { hasCpuManager } from '../../cluster/kubevirt-labels.ts'

/** `0/2 nodes are available: 2 Insufficient cpu. preemption: …`: only the first sentence is needed. */
function unschedulable(vmi: VmiFindings, pattern: RegExp): Sign | undefined {
  const found = unmetCondition(vmi, 'PodScheduled', NOT_SCHEDULED) ?? unscheduledEvent(vmi)
  if (found === undefined) return undefined
  const text = partOf(found.text, /^([^]*?)(?:\.? preemption:|$)/) ?? found.text
  return says(text, pattern) ? { ...found, text } : undefined
}

/** The scheduler's event, for a VMI without the condition. It is over once there is an event `Scheduled`. */
function unscheduledEvent(vmi: VmiFindings): Sign | undefined {
  const events = 'found' in vmi.events ? vmi.events.found : []
  return events.some(({ reason }) => reason === 'Scheduled') ? undefined : obstacle(vmi, /^FailedScheduling$/)
}

/**
 * Reasons of PodScheduled. The last two: the scheduler failed, and the pod has scheduling gates that must be removed.
 */
const NOT_SCHEDULED = /Unschedulable|SchedulerError|SchedulingGated/

/**
 * `2 of 3 nodes`, out of `0/3 nodes are available: 2 Insufficient cpu`. Reasons that differ by node, as taints do, are
 * listed in groups; each node is in one group.
 */
function nodesShort(text: ForeignText, pattern: RegExp): string {
  const all = allNodes(text)
  const short = countOf(text, pattern)
  if (all === undefined) return `${short ?? 'all'} of the nodes`
  return `${short === undefined ? all : Math.min(short, all)} of ${all} nodes`
}

function allNodes(text: ForeignText): number | undefined {
  const all = partOf(text, /0\/(\d{1,6}) nodes/)
  return all === undefined ? undefined : Number(all)
}

/** Undefined if no group of nodes has this reason. */
function countOf(text: ForeignText, pattern: RegExp): number | undefined {
  const groups = partsOf(text, new RegExp(`(\\d{1,6}) (?:${pattern.source})`, 'g')).map(Number)
  return groups.length === 0 ? undefined : groups.reduce((sum, count) => sum + count, 0)
}

/**
 * The nodes whose resources the scheduler compared: all other reasons concern a node itself (`2 node(s) had untolerated
 * taint …`) and end its evaluation. Undefined if the message has no total.
 */
function nodesLeft(text: ForeignText): number | undefined {
  const all = allNodes(text)
  return all === undefined ? undefined : all - (countOf(text, /node(?:\(s\)| is) /) ?? 0)
}

function isUnfitEverywhere(text: ForeignText): boolean {
  return (countOf(text, UNFIT) ?? 0) >= (allNodes(text) ?? Infinity)
}

function nodesFound({ nodes }: Findings): readonly NodeFindings[] | undefined {
  return nodes !== undefined && 'found' in nodes ? nodes.found : undefined
}

/** How much of a resource the nodes have, or why that is unknown. */
function allocatable(findings: Findings, resource: string): ReturnType<typeof evidence> {
  const nodes = nodesFound(findings)
  if (nodes === undefined) return notReadable(findings)
  return nodes
    .slice(0, 20)
    .flatMap(({ name, allocatable: has }) =>
      evidence([`allocatable ${resource} of node ${name}`, has[resource] ?? 'none']),
    )
}

function notReadable({ nodes }: Findings): ReturnType<typeof evidence> {
  return nodes !== undefined && 'notReadable' in nodes ? evidence(['nodes', nodes.notReadable]) : []
}

/** The cause for a resource that no node has enough of. */
function insufficient(
  entry: Omit<CauseEntry, 'explains' | 'find' | 'looksAt' | 'provedBy'>,
  resource: RegExp,
  what: string,
): CauseEntry {
  const pattern = new RegExp(`Insufficient ${resource.source}`)
  const named = new RegExp(`(?=${pattern.source})Insufficient ([^\\s,.]+(?:\\.[^\\s,.]+)*)`)
  return {
    ...entry,
    looksAt: "VMI condition PodScheduled, the nodes' allocatable",
    provedBy: `“Insufficient …” in the scheduler’s message, for ${what}`,
    explains: BOTH_READY,
    find: (findings) => {
      let name = what
      let certainty: Certainty = 'proved'
      const proof = atVmis(
        findings,
        (vmi) => unschedulable(vmi, pattern),
        (titles, { text }) => {
          name = partOf(text, named) ?? what
          const [left = 0, short] = [nodesLeft(text), countOf(text, exactly(name))]
          if (isUnfitEverywhere(text)) certainty = 'possible'
          else if (short !== undefined && short < left) certainty = 'likely'
          if (isUnknown(findings, name))
            return `${titles} needs ${name}, but 0 of ${nodesFound(findings)?.length ?? 0} nodes list this resource as allocatable`
          const nodes = nodesShort(text, exactly(name))
          return certainty === 'proved'
            ? `no node has enough ${name} free for ${titles}: ${nodes} do not have enough`
            : `too little ${name} is free for ${titles} on ${nodes}`
        },
      )
      return proof === undefined
        ? undefined
        : { ...proof, certainty, evidence: [...proof.evidence, ...allocatable(findings, name)] }
    },
  }
}

/** A node may lack several resources: those that lack one are counted by its name, not summed with the others. */
function exactly(name: string): RegExp {
  return new RegExp(`Insufficient ${name}(?![\\w/-])`)
}

/** Whether nodes were read and none of them lists the resource, not even as 0. */
function isUnknown(findings: Findings, resource: string): boolean {
  const nodes = nodesFound(findings) ?? []
  return nodes.length > 0 && nodes.every(({ allocatable: has }) => has[resource] === undefined)
}

const VF_RESOURCE = /(?!devices\.kubevirt\.io\/)[\w.-]+\/[\w.-]+/
const KVM = /devices\.kubevirt\.io\/[\w-]+/

/** The scheduler's texts for taints, in old and new releases, and for a cordoned node. */
const CLOSED = /node\(s\) (?:were unschedulable|had untolerated taint|had taint)/

/**
 * Its texts for a node selector or affinity that does not fit, in old and new releases. The last, of 1.27 to 1.30, is for
 * all nodes but the target node, which the affinity names.
 */
const UNFIT =
  /node\(s\) didn't (?:match (?:Pod's )?node (?:affinity|selector)|satisfy plugin\(s\) \[NodeAffinity\])|node is filtered out by the prefilter result/

/** The keys of the taints that it names. */
function taintsIn(text: ForeignText): string {
  const keys = partsOf(text, /taint \{([^:}=\s]{1,253})/g)
  return keys.length === 0 ? '' : `; their taints: ${[...new Set(keys)].slice(0, 8).join(', ')}`
}

export const SCHEDULING_CAUSES: readonly CauseEntry[] = [
  {
    id: 'vfs-not-provisioned',
    title: 'the SR-IOV operator has not provisioned the VFs',
    looksAt: 'SriovNetworkNodeState',
    provedBy: 'syncStatus is not Succeeded',
    remedy:
      'read lastSyncError and the log of sriov-network-config-daemon on that node; if the node still drains or reboots, wait',
    explains: BOTH_READY,
    find: (findings) => {
      const { vfSyncs } = findings
      if (vfSyncs === undefined || !('found' in vfSyncs)) return undefined
      const unsynced = vfSyncs.found.filter(({ status }) => status !== 'Succeeded')
      const [first] = unsynced
      if (first === undefined) return undefined
      const proof = atVmis(
        findings,
        (vmi) => unschedulable(vmi, new RegExp(`Insufficient ${VF_RESOURCE.source}`)),
        () => `the VFs of node ${first.node} are not provisioned: its sync status is ${first.status}`,
      )
      return proof === undefined
        ? undefined
        : {
            ...proof,
            evidence: [
              ...evidence(
                [`SriovNetworkNodeState ${first.node}`, first.status],
                ['last sync error', first.lastError],
              ),
              ...proof.evidence,
            ],
          }
    },
  },
  insufficient(
    {
      id: 'no-kvm',
      title: 'no node offers KVM, or another device that KubeVirt provides',
      remedy:
        'if kvm is missing, enable virtualization in the nodes’ BIOS; if tun or vhost-net is missing, load this kernel module on the nodes; virt-handler provides these devices: it must run on the nodes, and needs a moment after a restart',
    },
    KVM,
    'devices.kubevirt.io/kvm',
  ),
  insufficient(
    {
      id: 'insufficient-vfs',
      title: `no node has ${VMI_NEEDS.vfs} VFs free`,
      remedy: `each VM takes ${VMI_NEEDS.vfs} VFs of the NetworkAttachmentDefinition’s resource (\`kubectl describe node\` shows how many a node has): raise numVfs in the SriovNetworkNodePolicy, or stop the pods that hold VFs; if no node has that resource at all, correct resourceName in the SriovNetwork (annotation k8s.v1.cni.cncf.io/resourceName of the NetworkAttachmentDefinition), or apply the SriovNetworkNodePolicy that creates the resource`,
    },
    VF_RESOURCE,
    'the VF resource',
  ),
  insufficient(
    {
      id: 'insufficient-hugepages',
      title: 'no node has enough free hugepages for a VM',
      ...sized(
        ({ hugepages, hugepageSize: { kernelName, title } }) =>
          `each VM takes ${hugepages} hugepages of ${title} on its node: allocate more hugepages at boot (hugepagesz=${kernelName} hugepages=N, or the performance profile), or stop the pods that hold hugepages`,
      ),
    },
    /hugepages-\d+[GMK]i/,
    'hugepages-1Gi',
  ),
  insufficient(
    {
      id: 'insufficient-cpus',
      title: 'no node has enough free CPUs for a VM',
      ...sized(
        ({ vcpus, alignedCpus }) =>
          `each VM takes ${vcpus} dedicated CPUs and one more for its emulator thread (${alignedCpus} CPUs with AlignCPUs): free CPUs on a node with the static CPU manager policy, or add such a node`,
      ),
    },
    /cpu\b/,
    'cpu',
  ),
  insufficient(
    {
      id: 'insufficient-memory',
      title: 'no node has enough memory for the launcher pod',
      remedy:
        'in addition to its hugepages a VM takes about 1.6 GiB of ordinary memory: free this memory on a node',
    },
    /memory/,
    'memory',
  ),
  {
    id: 'no-cpu-manager',
    title: 'no node has KubeVirt’s label cpumanager',
    looksAt: "VMI condition PodScheduled, the nodes' labels",
    provedBy: "“didn't match Pod's node affinity/selector”, and no node has kubevirt.io/cpumanager=true",
    remedy:
      'enable KubeVirt’s feature gate CPUManager, and the kubelet’s static CPU manager policy (cpuManagerPolicy: static) on the nodes for DPDK',
    explains: BOTH_READY,
    find: (findings) => {
      const nodes = nodesFound(findings)
      if (nodes?.some(({ labels }) => hasCpuManager(labels)) ?? true) return undefined
      return atVmis(
        findings,
        (vmi) => unschedulable(vmi, UNFIT),
        (titles) =>
          `none of ${nodes?.length ?? 0} nodes has the label kubevirt.io/cpumanager=true, so no node can give ${titles} dedicated CPUs`,
      )
    },
  },
  {
    id: 'target-node-unfit',
    title: 'the target node does not exist, or cannot take the VM',
    looksAt: "VMI condition PodScheduled, parameters, the nodes' names",
    provedBy: "“didn't match Pod's node affinity/selector”, and the parameters name target nodes",
    remedy:
      'set spec.param.vmUnderTestTargetNodeName and trafficGenTargetNodeName to names of nodes, or to values of their label kubernetes.io/hostname; those nodes also need the label kubevirt.io/cpumanager=true',
    explains: BOTH_READY,
    find: (findings) => {
      const targets = findings.asked?.targetNodes ?? []
      if (targets.length === 0) return undefined
      const nodes = nodesFound(findings)
      const unknown = targets.filter((target) => nodes?.every((node) => !isTarget(node, target)) ?? false)
      const [missing] = unknown
      return withNodes(
        findings,
        atVmis(
          findings,
          (vmi) => unschedulable(vmi, UNFIT),
          (titles) =>
            missing === undefined
              ? `the target nodes ${targets.join(' and ')} do not accept ${titles}`
              : `the parameters name node ${missing} for ${titles}, but there is no such node`,
          missing === undefined ? 'likely' : 'proved',
        ),
      )
    },
  },
  {
    id: 'node-selector-unfit',
    isLastResort: true,
    title: 'no node matches the pod’s node selector',
    looksAt: 'VMI condition PodScheduled',
    provedBy: "“didn't match Pod's node affinity/selector”",
    remedy:
      'KubeVirt needs nodes with kubevirt.io/schedulable=true and kubevirt.io/cpumanager=true: check `kubectl get nodes -L kubevirt.io/cpumanager,kubevirt.io/schedulable`, the feature gate CPUManager, and the kubelet’s static CPU manager policy',
    explains: BOTH_READY,
    find: (findings) =>
      withNodes(
        findings,
        atVmis(
          findings,
          (vmi) => unschedulable(vmi, UNFIT),
          (titles, { text }) => `${nodesShort(text, UNFIT)} do not match the node selector of ${titles}`,
          'likely',
        ),
      ),
  },
  {
    id: 'nodes-closed',
    title: 'nodes are cordoned, tainted or not ready',
    looksAt: 'VMI condition PodScheduled',
    provedBy: '“unschedulable” or “untolerated taint” in the scheduler’s message',
    remedy:
      '`kubectl uncordon` the nodes for DPDK, remove the taint or tolerate it (spec.param.tolerations), or wait until a drain or an update is over',
    explains: BOTH_READY,
    find: (findings) => {
      let certainty: Certainty = 'likely'
      const proof = atVmis(
        findings,
        (vmi) => {
          const sign = unschedulable(vmi, CLOSED)
          return sign === undefined || isUnfitEverywhere(sign.text) ? undefined : sign
        },
        (titles, { text }) => {
          const nodes = nodesShort(text, CLOSED)
          // Control planes have taints in most clusters: where as many other nodes do not match the selector, that is
          // what prevents the VMI.
          const unfit = countOf(text, UNFIT) ?? 0
          if (unfit < (countOf(text, CLOSED) ?? 0))
            return `${nodes} accept no new pods, so no node accepts ${titles}${taintsIn(text)}`
          certainty = 'possible'
          return `${nodes} accept no new pods, including the pod of ${titles}${taintsIn(text)}`
        },
      )
      return proof === undefined ? undefined : { ...proof, certainty }
    },
  },
  {
    id: 'scheduling-gated',
    title: 'scheduling gates hold back the launcher pod',
    looksAt: 'VMI condition PodScheduled',
    provedBy: 'reason SchedulingGated',
    remedy:
      '`kubectl get pod -l kubevirt.io=virt-launcher -o yaml` names the gates (spec.schedulingGates): usually a quota is used up (application-aware quotas: `kubectl get arq,acrq -A`), or a queue such as Kueue’s has not admitted the pod',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => unschedulable(vmi, /^SchedulingGated/),
        (titles) => `the pod of ${titles} is not offered to the scheduler yet: it still has scheduling gates`,
      ),
  },
  {
    id: 'not-scheduled',
    isLastResort: true,
    title: 'the scheduler finds no node',
    looksAt: 'VMI condition PodScheduled',
    provedBy: 'reason Unschedulable, with a message that no other cause explains',
    remedy: 'read the scheduler’s message, and compare it with `kubectl describe node`',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => unschedulable(vmi, /./),
        (titles, { text }) => `the scheduler finds no node for ${titles}: ${text.slice(0, 300)}`,
        'possible',
      ),
  },
]

function withNodes(findings: Findings, proof: Proof | undefined): Proof | undefined {
  return proof === undefined
    ? undefined
    : { ...proof, evidence: [...proof.evidence, ...notReadable(findings)] }
}
