/** Pods that the scheduler placed and the kubelet did not take, or did not keep; reasons as pkg/kubelet has them. */
import { type ForeignText, partOf } from '../../common/foreign-text.ts'
import type { CauseEntry } from '../cause.ts'
import { atVmis, BOTH_READY, kubeletSaid, quoted } from './vmi.ts'

const WHERE = 'status of the launcher pod, events'
/** pkg/kubelet/cm/devicemanager; what a device plugin itself answers stands behind `rpc error`. */
const NO_DEVICES =
  /no healthy devices|unhealthy devices|requested number of devices unavailable|unregistered device|Allocate failed due to (?:rpc error|device plugin|no containers return)|in cache for a registered resource/i
/** Of KubeVirt's own device plugins, which virt-handler runs. */
const KUBEVIRT_DEVICE = /devices\.kubevirt\.io\/[\w-]+/
/**
 * pkg/kubelet/lifecycle and preemption, and pkg/kubelet/cm/cpumanager, which looks for whole CPUs where the scheduler
 * counted shares of them.
 */
const OUT_OF =
  /OutOf[a-z][\w.\/-]*|Node didn't have enough resource|not enough cpus available to satisfy request|no set of running pods found to reclaim resources/
/** `Preempting`: room is made for a critical pod. */
const EVICTED =
  /^(?:Evicted|Preempting)\b|was low on resource|exceeded its local ephemeral storage|node had condition: \[/
const REFUSED =
  /NodeAffinity|NodePorts|UnexpectedAdmissionError|AdmissionError|Pod was rejected|Predicate \w+ failed|PodOSNotSupported|NodeName/

export const KUBELET_CAUSES: readonly CauseEntry[] = [
  {
    id: 'devices-not-healthy',
    title: 'the kubelet has no healthy VFs, or other devices, to give out',
    looksAt: WHERE,
    provedBy: 'UnexpectedAdmissionError, with no healthy devices or too few available',
    remedy:
      'the SR-IOV device plugin takes VFs away that it finds unhealthy, or was restarted and has not told of its own yet: see its pod’s log on that node (sriov-device-plugin), `kubectl describe node` for capacity against allocatable of the resource, and the link of the PF; then run again',
    explains: BOTH_READY,
    find: (findings) => {
      let device: ForeignText | undefined
      const proof = atVmis(
        findings,
        (vmi) => kubeletSaid(vmi, NO_DEVICES),
        (titles, { words }) => {
          device = partOf(words, KUBEVIRT_DEVICE)
          return `the kubelet had no healthy devices for the pod of ${titles}${quoted(words)}`
        },
      )
      if (proof === undefined || device === undefined) return proof
      const remedy = `${device} comes from virt-handler, which offers it anew when it was restarted: see its pod’s log on that node (\`kubectl get pods -A -l kubevirt.io=virt-handler -o wide\`), and whether the node has the device under /dev; then run again`
      return { ...proof, remedy }
    },
  },
  {
    id: 'node-filled-up',
    title: 'the node was full when the pod came',
    looksAt: WHERE,
    provedBy:
      'OutOfcpu, OutOfmemory, OutOfpods and the like, or “not enough cpus available to satisfy request”',
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
    provedBy: 'reason Evicted or Preempting, or the words of the eviction manager',
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
