/**
 * Pods that the scheduler placed and the kubelet refused or ended. The reasons are those of Kubernetes' pkg/kubelet.
 */
import { type ForeignText, partOf } from '../../common/foreign-text.ts'
import type { CauseEntry } from '../cause.ts'
import { atVmis, BOTH_READY, kubeletSaid, quoted } from './vmi.ts'

const WHERE = 'status of the launcher pod, events'
/** pkg/kubelet/cm/devicemanager; an answer of the device plugin itself follows after `rpc error`. */
const NO_DEVICES =
  /no healthy devices|unhealthy devices|requested number of devices unavailable|unregistered device|Allocate failed due to (?:rpc error|(?:unknown )?device plugin|endpoint|no containers return)|in cache for a registered resource/i
/** Resources of KubeVirt's own device plugins, which virt-handler runs. */
const KUBEVIRT_DEVICE = /devices\.kubevirt\.io\/[\w-]+/
/**
 * pkg/kubelet/lifecycle and preemption, and pkg/kubelet/cm/cpumanager, which requires whole CPUs while the scheduler
 * counts shares.
 */
const OUT_OF =
  /OutOf[a-z][\w.\/-]*|Node didn't have enough resource|not enough cpus available to satisfy request|failed to allocate cpus|no set of running pods found to reclaim resources/
/** `Preempting`: the kubelet makes room for a critical pod. */
const EVICTED =
  /^(?:Evicted|Preempting)\b|was low on resource|exceeded its local ephemeral storage|node had condition: \[/
const REFUSED =
  /NodeAffinity|NodePorts|UnexpectedAdmissionError|AdmissionError|SysctlForbidden|Pod was rejected|Predicate \w+ failed|PodOSNotSupported|NodeName/

export const KUBELET_CAUSES: readonly CauseEntry[] = [
  {
    id: 'devices-not-healthy',
    title: 'the kubelet has no healthy VFs or other devices to assign',
    looksAt: WHERE,
    provedBy: 'UnexpectedAdmissionError, with no healthy device or too few available',
    remedy:
      'the SR-IOV device plugin withdrew unhealthy VFs, or has not registered its VFs yet after a restart: read the log of its pod sriov-device-plugin on that node, compare capacity and allocatable of the resource in `kubectl describe node`, check the link of the PF, then run again',
    explains: BOTH_READY,
    find: (findings) => {
      let device: ForeignText | undefined
      const proof = atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, NO_DEVICES),
        (titles, { text }) => {
          device = partOf(text, KUBEVIRT_DEVICE)
          return `the kubelet had no healthy devices for the pod of ${titles}${quoted(text)}`
        },
      )
      if (proof === undefined || device === undefined) return proof
      const remedy = `${device} comes from virt-handler, which registers it again after a restart: read its pod’s log on that node (\`kubectl get pods -A -l kubevirt.io=virt-handler -o wide\`), and check that the device exists under /dev on the node; then run again`
      return { ...proof, remedy }
    },
  },
  {
    id: 'node-filled-up',
    title: 'the node was full when the kubelet admitted the pod',
    looksAt: WHERE,
    provedBy:
      'OutOfcpu, OutOfmemory, OutOfpods or another OutOf… reason, or “not enough cpus available to satisfy request”',
    remedy:
      'the scheduler counted more free resources than the kubelet: another pod started at the same time, or static pods or the kubelet’s reserved CPUs (reservedSystemCPUs) take some; check `kubectl describe node` and run again',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, OUT_OF),
        (titles, { text }) => `the node had no room left for the pod of ${titles}${quoted(text)}`,
      ),
  },
  {
    id: 'pod-evicted',
    title: 'the kubelet evicted the launcher pod',
    looksAt: WHERE,
    provedBy: 'reason Evicted or Preempting, or a message of the eviction manager',
    remedy:
      'the kubelet’s message names what the node ran short of (ephemeral-storage, memory, PIDs), or the pod for which the kubelet made room: free that resource; container disks need space under /var/lib/kubelet and /var/lib/containers',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, EVICTED),
        (titles, { text }) => `the kubelet evicted the pod of ${titles}${quoted(text)}`,
      ),
  },
  {
    id: 'kubelet-refused',
    isLastResort: true,
    title: 'the kubelet refused the launcher pod',
    looksAt: WHERE,
    provedBy:
      'NodeAffinity, UnexpectedAdmissionError or another reason of the kubelet, and no other cause explains it',
    remedy:
      'read the kubelet’s message: NodeAffinity means that the node lost a label (kubevirt.io/schedulable, kubevirt.io/cpumanager) after the pod was scheduled, usually because virt-handler restarted or the node was reconfigured; run again once the node has the label again',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, REFUSED),
        (titles, { text }) => `the kubelet refused the pod of ${titles}${quoted(text)}`,
      ),
  },
]
