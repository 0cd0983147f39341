/** Pods that the scheduler placed and the kubelet did not take, or did not keep; reasons as pkg/kubelet has them. */
import type { CauseEntry } from '../cause.ts'
import { atVmis, BOTH_READY, kubeletSaid, quoted } from './vmi.ts'

const WHERE = 'status of the launcher pod, events'
const NO_DEVICES =
  /no healthy devices|unhealthy devices|requested number of devices unavailable|Allocate failed/i
const OUT_OF = /OutOf[a-z][\w.\/-]*|Node didn't have enough resource/
/** `Preempting`: room is made for a critical pod; `Terminated`, `NodeShutdown`: the node goes down. */
const EVICTED = /^(?:Evicted|Preempting|Preempted)\b|was low on resource|exceeded its local ephemeral storage/
const REFUSED =
  /NodeAffinity|NodePorts|UnexpectedAdmissionError|AdmissionError|Pod was rejected|Predicate \w+ failed|PodOSNotSupported|NodeName/

export const KUBELET_CAUSES: readonly CauseEntry[] = [
  {
    id: 'devices-not-healthy',
    title: 'the kubelet has no healthy VFs to give out',
    looksAt: WHERE,
    provedBy: 'UnexpectedAdmissionError, with no healthy devices or too few available',
    remedy:
      'the SR-IOV device plugin takes VFs away that it finds unhealthy, or was restarted and has not told of its own yet: see its pod’s log on that node (sriov-device-plugin), `kubectl describe node` for capacity against allocatable of the resource, and the link of the PF; then run again',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, NO_DEVICES),
        (titles, { words }) => `the kubelet had no healthy devices for the pod of ${titles}${quoted(words)}`,
      ),
  },
  {
    id: 'node-filled-up',
    title: 'the node was full when the pod came',
    looksAt: WHERE,
    provedBy: 'OutOfcpu, OutOfmemory, OutOfpods and the like',
    remedy:
      'the scheduler and the kubelet count differently: something was started there at the same time, static pods, or CPUs that the kubelet reserves (reservedSystemCPUs); compare `kubectl describe node` and run again',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, OUT_OF),
        (titles, { words }) => `its node had no room any more when the pod of ${titles} came${quoted(words)}`,
      ),
  },
  {
    id: 'pod-evicted',
    title: 'the kubelet evicted the launcher pod',
    looksAt: WHERE,
    provedBy: 'reason Evicted or Preempting',
    remedy:
      'the kubelet’s words name what the node ran short of (ephemeral-storage, memory, PIDs), or for whom it made room: free it there; container disks need room under /var/lib/kubelet and /var/lib/containers',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, EVICTED),
        (titles, { words }) => `the kubelet evicted the pod of ${titles}${quoted(words)}`,
      ),
  },
  {
    id: 'kubelet-refused',
    isLastResort: true,
    title: 'the kubelet does not take the launcher pod',
    looksAt: WHERE,
    provedBy:
      'NodeAffinity, UnexpectedAdmissionError or another reason of the kubelet’s, in words that no other cause knows',
    remedy:
      'read the kubelet’s words: NodeAffinity means that a label which the pod wants was taken from the node since it was scheduled (kubevirt.io/schedulable, kubevirt.io/cpumanager), mostly because virt-handler was restarted or the node reconfigured; run again once the node is quiet',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, REFUSED),
        (titles, { words }) => `the kubelet refused the pod of ${titles}${quoted(words)}`,
      ),
  },
]
