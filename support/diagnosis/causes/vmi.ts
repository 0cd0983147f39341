/** Why a VMI does not become ready, from its conditions, its events and its launcher pod. */
import { refusalKind, type RefusalKind } from '../../cluster/refusal.ts'
import { type ForeignText, joined, says, partOf } from '../../common/foreign-text.ts'
import { oneLine } from '../../common/text.ts'
import { ROLES, TITLES, type Role } from '../../model/role.ts'
import { VMI_NEEDS } from '../../model/vmi-needs.ts'
import { type CauseEntry, evidence, type Proof, sized } from '../cause.ts'
import { type ClusterEvent, type Findings, type VmiFindings } from '../findings.ts'
import { HOST_VFIO, MEMLOCK, NO_HOST_HUGEPAGES, NOT_MAPPED } from './device-messages.ts'
import { isUnmet } from '../../model/criterion-result.ts'
import { ENABLE_ALIGN_CPUS } from '../../cluster/kubevirt-labels.ts'

export const READY = {
  'vm-under-test': 'scheduling.vm-under-test-ready',
  'traffic-generator': 'scheduling.traffic-generator-ready',
} as const satisfies Record<Role, string>
export const BOTH_READY: readonly string[] = Object.values(READY)

/** A sign of a cause on one VMI: where it was found, and its text. */
export interface Sign<Words extends string = ForeignText> {
  readonly where: string
  readonly text: Words
}

/** Searches both VMIs for a sign; a cause that both show is reported once. */
export function atVmis<Words extends string>(
  findings: Findings,
  signOf: (vmi: VmiFindings, role: Role) => Sign<Words> | undefined,
  sentence: (titles: string, sign: Sign<Words>) => string,
  certainty: Proof['certainty'] = 'proved',
): Proof | undefined {
  const signs = ROLES.flatMap((role) => {
    const vmi = findings.vmis[role]
    const failed = findings.criteria.some((criterion) => criterion.id === READY[role] && isUnmet(criterion))
    const sign = vmi === undefined || !failed ? undefined : signOf(vmi, role)
    return sign === undefined ? [] : [{ role, sign }]
  })
  const [first] = signs
  if (first === undefined) return undefined
  const titles = signs.map(({ role }) => `the ${TITLES[role]}`).join(' and ')
  return {
    certainty,
    sentence: sentence(titles, first.sign),
    evidence: signs.flatMap(({ role, sign }) => evidence([`${TITLES[role]}: ${sign.where}`, sign.text])),
    explains: signs.map(({ role }) => READY[role]),
  }
}

/** The condition of a type that is not met, with its reason and message in one line. */
export function unmetCondition(vmi: VmiFindings, type: string, pattern: RegExp): Sign | undefined {
  const found = vmi.conditions.find((condition) => condition.type === type && condition.status === 'False')
  if (found === undefined) return undefined
  const text = joined([found.reason, found.message], ': ')
  return says(text, pattern) ? { where: `condition ${type}`, text } : undefined
}

function eventLike(vmi: VmiFindings, reason: RegExp, message = /./): Sign | undefined {
  const events: readonly ClusterEvent[] = 'found' in vmi.events ? vmi.events.found : []
  const found = events.findLast((event) => says(event.reason, reason) && says(event.message, message))
  return found === undefined
    ? undefined
    : { where: `event ${found.reason} of ${found.about}`, text: found.message }
}

/** Like `eventLike`, for events that prevent a guest's start. The cluster keeps events for an hour, so such events of a running VMI are obsolete.
 */
export function obstacle(vmi: VmiFindings, reason: RegExp, message?: RegExp): Sign | undefined {
  return hasStarted(vmi) ? undefined : eventLike(vmi, reason, message)
}

/** Whether its pod runs, and usually its guest too. */
export function hasStarted({ phase }: VmiFindings): boolean {
  return phase === 'Scheduled' || phase === 'Running'
}

function podLike(vmi: VmiFindings, pattern: RegExp): Sign | undefined {
  if (!('found' in vmi.pod)) return undefined
  const { name, reason, message } = vmi.pod.found
  const text = joined([reason, message], ': ')
  return says(text, pattern) ? { where: `status of pod ${name}`, text } : undefined
}

/** Why the kubelet refused or ended the pod: from the pod's status or, if that is not readable, from events. */
export function kubeletSaid(vmi: VmiFindings, pattern: RegExp): Sign | undefined {
  return podLike(vmi, pattern) ?? eventLike(vmi, pattern) ?? eventLike(vmi, /./, pattern)
}

const SANDBOX = /FailedCreatePodSandBox/
/** Messages about a sandbox that concern its network; others concern the container runtime. */
const OF_CNI = /network|\bcni\b|multus/i
/** Events of pkg/kubelet for a pod that is on its node and cannot be started there. */
const NOT_STARTED = /^(?:FailedCreatePodSandBox|FailedPrepareDynamicResources|Failed|NetworkNotReady)$/
const OF_IMAGE = /pull(?:ing)? image|ImagePullBackOff|ErrImage|image name/i
/** pkg/k8sclient of multus: the NetworkAttachmentDefinition is not there. */
const NO_NAD =
  /cannot find a network-attachment-definition|network-attachment-definitions\S* "[^"]*" not found/

/** Like virt-controller's `failed to locate network attachment definition`, but from the node. */
export function multusMissesNetwork(vmi: VmiFindings): Sign | undefined {
  return obstacle(vmi, SANDBOX, NO_NAD)
}

const SCHEDULER = 'condition PodScheduled'
/** A scheduler that knows the NUMA nodes: NodeResourceTopologyMatch of scheduler-plugins, OpenShift's NUMA Resources. */
const NOT_ALIGNED = /cannot align (?:pod|container)/i

const CLASS_MISSING =
  'create the class that the message names (`kubectl get priorityclasses,runtimeclasses` lists those that exist), or correct spec.param.priorityClassName; KubeVirt takes the runtime class from defaultRuntimeClass of its own configuration'

const IMAGE = /ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull/

export const ALIGN_CPUS = sized(
  ({ vcpus, alignedCpus }) =>
    `${ENABLE_ALIGN_CPUS}: then ${vcpus} vCPUs and the emulator thread take ${alignedCpus} CPUs together`,
)

export const VMI_CAUSES: readonly CauseEntry[] = [
  {
    id: 'image-pull',
    title: 'a node cannot pull a container disk',
    looksAt: 'VMI condition Synchronized',
    provedBy: 'reason ErrImagePull or ImagePullBackOff',
    remedy:
      'pull the image on a node (`crictl pull`) to check its name, the registry and the pull secret; then correct spec.param.vmUnderTestContainerDiskImage or trafficGenContainerDiskImage',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          unmetCondition(vmi, 'Synchronized', IMAGE) ??
          obstacle(vmi, IMAGE) ??
          obstacle(vmi, /^(?:Failed|BackOff|InspectFailed)$/, OF_IMAGE),
        (titles, { text }) => `the image of ${titles} cannot be pulled${quoted(text)}`,
      ),
  },
  {
    id: 'smt-alignment',
    title: 'the node assigns whole cores only, but the VMI takes an odd number of CPUs',
    looksAt: 'status of the launcher pod, events',
    provedBy: 'reason SMTAlignmentError',
    ...ALIGN_CPUS,
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, /SMT ?Alignment ?Error/i),
        (titles, { text }) => {
          const asked = partOf(text, /requested (\d+) cpus/i) ?? (findings.asked?.needs ?? VMI_NEEDS).cpus
          const threads = partOf(text, /per core = (\d+)/i)
          return `the kubelet refused the pod of ${titles}: it requests ${asked} CPUs, which is not a multiple of the ${threads === undefined ? '' : `${threads} `}threads of a core`
        },
      ),
  },
  {
    id: 'topology-affinity',
    title: 'CPUs, hugepages and VFs are not free on one NUMA node',
    looksAt: 'status of the launcher pod, events',
    provedBy: 'reason TopologyAffinityError, or a refusal by the kubelet’s memory manager',
    remedy:
      'free or add CPUs, hugepages and VFs on the NUMA node of the NIC, or relax the kubelet’s topologyManagerPolicy (single-numa-node)',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          kubeletSaid(vmi, /TopologyAffinityError|Topology locality|\[memorymanager\]/i) ??
          unmetCondition(vmi, 'PodScheduled', NOT_ALIGNED),
        (titles, { where }) =>
          `the ${where === SCHEDULER ? 'scheduler' : 'kubelet'} refused the pod of ${titles}: its CPUs, hugepages and VFs cannot all come from one NUMA node`,
      ),
  },
  {
    id: 'not-guaranteed-qos',
    title: 'the launcher pod does not have QoS class Guaranteed',
    looksAt: 'VMI condition Synchronized, events, QoS class of the launcher pod',
    provedBy: 'reason FailedGuaranteeResources',
    remedy:
      'find the LimitRange or admission webhook of the namespace that changes the requests or limits of pods',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          unmetCondition(vmi, 'Synchronized', /FailedGuaranteeResources/) ??
          obstacle(vmi, /FailedGuaranteeResources/),
        (titles) => `the pod of ${titles} is not Guaranteed, so it gets no dedicated CPUs`,
      ),
  },
  {
    id: 'vf-not-mapped',
    title: 'the VF did not reach the launcher pod',
    looksAt: 'VMI condition Synchronized, events, log of virt-launcher',
    provedBy: '“found no SR-IOV networks to PCI-Address mapping”',
    remedy:
      'check that the NetworkAttachmentDefinition’s k8s.v1.cni.cncf.io/resourceName is the resource of the SR-IOV policy, and that the SR-IOV CNI and Multus are healthy on that node',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => syncFailure(vmi, NOT_MAPPED) ?? logLike(vmi, NOT_MAPPED),
        (titles) => `KubeVirt found no VF in the pod of ${titles} for its networks`,
      ),
  },
  {
    id: 'memlock-limit',
    title: 'the VM cannot lock its memory for the VFs',
    looksAt: 'VMI condition Synchronized, event SyncFailed, log of virt-launcher',
    provedBy: '“cannot limit locked memory”, or “vfio_container_dma_map … = -12”',
    remedy:
      'raise the memlock limit of the container runtime (LimitMEMLOCK=infinity in its unit), or update KubeVirt: virt-handler must raise the limit for VMIs with VFs',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(findings, memlockFailure, (titles) => `${titles} could not lock the memory that its VFs access`),
  },
  {
    id: 'host-vfio',
    title: 'the node cannot pass the VF to the VM by VFIO',
    looksAt: 'VMI condition Synchronized, event SyncFailed, log of virt-launcher',
    provedBy: '“failed to open /dev/vfio/…”, or a VFIO group that is not viable',
    remedy:
      'on the node, bind the VFs to vfio-pci, also the VFs of NVIDIA’s NICs (deviceType: vfio-pci in the SriovNetworkNodePolicy; netdevice with isRdma is only for DPDK in pods) and enable the IOMMU (intel_iommu=on or amd_iommu=on, iommu=pt); if a group is not viable, other functions share the VF’s IOMMU group: use a slot with ACS, or VFs of another NIC',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          memlockFailure(vmi) !== undefined
            ? undefined
            : (syncFailure(vmi, HOST_VFIO) ??
              logLike(vmi, HOST_VFIO) ??
              // The container runtime does not find the group's device.
              obstacle(vmi, /^Failed$/, HOST_VFIO)),
        (titles, { text }) => {
          const shares = partOf(text, /group (\d+) is not viable/i)
          return shares === undefined
            ? `the node cannot pass its VF to ${titles} by VFIO${quoted(text)}`
            : `IOMMU group ${shares} of the node holds more than the VF of ${titles}, and not all of it is bound to vfio-pci`
        },
      ),
  },
  {
    id: 'host-hugepages-missing',
    title: 'QEMU cannot allocate the VM’s memory from the node’s hugepages',
    looksAt: 'VMI condition Synchronized, event SyncFailed, log of virt-launcher',
    provedBy: 'QEMU cannot map or preallocate the guest’s RAM',
    remedy:
      'the kubelet granted the pod hugepages, but too few are free on the NUMA node of the VM’s CPUs: compare /sys/devices/system/node/node*/hugepages/*/free_hugepages with the kubelet’s memory manager (memoryManagerPolicy: Static), stop programs that use hugepages outside of Kubernetes, and check that hugetlbfs of this size is mounted',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => syncFailure(vmi, NO_HOST_HUGEPAGES) ?? logLike(vmi, NO_HOST_HUGEPAGES),
        (titles, { text }) =>
          `the memory of ${titles} cannot be allocated from the node’s hugepages${quoted(text)}`,
      ),
  },
  {
    id: 'network-not-attached',
    title: 'the CNI cannot attach the network',
    looksAt: 'events of the launcher pod',
    provedBy: 'FailedCreatePodSandBox with a message about the network, or NetworkNotReady',
    remedy:
      'read the CNI’s message: the NetworkAttachmentDefinition’s config must match the SR-IOV CNI on that node',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          multusMissesNetwork(vmi) === undefined
            ? (obstacle(vmi, SANDBOX, OF_CNI) ?? obstacle(vmi, /^NetworkNotReady$/))
            : undefined,
        (titles, { text }) => `the network of ${titles} cannot be attached${quoted(text)}`,
      ),
  },
  {
    id: 'volume-not-mounted',
    title: 'a volume cannot be mounted',
    looksAt: 'events of the launcher pod',
    provedBy: 'FailedMount or FailedAttachVolume',
    remedy:
      'check whether something deletes ConfigMaps of this namespace while checkups run, and read the kubelet’s message',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => obstacle(vmi, /FailedMount|FailedAttachVolume/),
        (titles, { text }) => `a volume of ${titles} cannot be mounted${quoted(text)}`,
        'likely',
      ),
  },
  {
    id: 'pod-not-started',
    isLastResort: true,
    title: 'the node cannot start the launcher pod',
    looksAt: 'events of the launcher pod',
    provedBy: 'FailedCreatePodSandBox, or Failed with an error of the container runtime',
    remedy:
      'read the message of the kubelet and the container runtime (`journalctl -u kubelet -u crio -u containerd` on that node); usual reasons are a runtime class without its handler (KubeVirt’s defaultRuntimeClass), a device that does not exist, or a runtime that does not answer',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => obstacle(vmi, NOT_STARTED),
        (titles, { text }) => `the node cannot start the pod of ${titles}${quoted(text)}`,
      ),
  },
  {
    id: 'pod-refused',
    isLastResort: true,
    title: 'the cluster does not allow the launcher pod',
    looksAt: 'VMI condition Synchronized, event FailedCreate',
    provedBy: 'reason FailedCreate',
    remedy:
      'read the message in the evidence: it says what virt-controller could not create, or what refused the pod',
    explains: BOTH_READY,
    find: (findings) => {
      let refusal: RefusalKind | undefined
      const proof = atVmis(
        findings,
        (vmi) => unmetCondition(vmi, 'Synchronized', /^FailedCreate/) ?? obstacle(vmi, /^FailedCreate$/),
        (titles, { text }) => {
          refusal = refusalKind(text)
          return `the pod of ${titles} cannot be created${quoted(text)}`
        },
      )
      return proof !== undefined && refusal === 'class-missing' ? { ...proof, remedy: CLASS_MISSING } : proof
    },
  },
  {
    id: 'domain-not-started',
    isLastResort: true,
    title: 'KubeVirt cannot start the VM in its pod',
    looksAt: 'VMI condition Synchronized, event SyncFailed',
    provedBy: 'SyncFailed, with a message that no other cause explains',
    remedy: 'read the log of the virt-launcher pod (container compute) and of virt-handler on that node',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => syncFailure(vmi, /./),
        (titles, { text }) => `KubeVirt cannot start ${titles} in its pod${quoted(text)}`,
        'likely',
      ),
  },
]

function memlockFailure(vmi: VmiFindings): Sign | undefined {
  return syncFailure(vmi, MEMLOCK) ?? logLike(vmi, MEMLOCK)
}

export function syncFailure(vmi: VmiFindings, pattern: RegExp): Sign | undefined {
  const condition = unmetCondition(
    vmi,
    'Synchronized',
    /Synchronizing with the Domain failed|command SyncVMI failed/,
  )
  if (condition !== undefined && says(condition.text, pattern)) return condition
  // A VMI is Scheduled until its domain is defined; in phase Running KubeVirt has overcome the error.
  return vmi.phase === 'Running' ? undefined : eventLike(vmi, /^SyncFailed$/, pattern)
}

/** Searches the launcher's own log: conditions and events often quote only a part of it. */
export function logLike({ log, phase }: VmiFindings, pattern: RegExp): Sign | undefined {
  if (phase === 'Running') return undefined
  const lines = log !== undefined && 'found' in log ? log.found : []
  const text = lines.findLast((line) => says(line, pattern))
  return text === undefined ? undefined : { where: "its launcher's log", text }
}

/** Characters kept of a text too long for a sentence: its start (the program) and its end (the innermost error). */
const [HEAD, TAIL] = [80, 220]

/** A text of the cluster in brackets, shortened to fit into a sentence. */
export function quoted(text: ForeignText): string {
  const line = oneLine(text)
  if (line === '') return ''
  return ` (${line.length > HEAD + TAIL ? `${line.slice(0, HEAD)} … ${line.slice(-TAIL)}`.toWellFormed() : line})`
}
