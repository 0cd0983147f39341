/**
 * Faults of a cluster that affect the VMIs; each is really present in the lab. Each record names the expected first
 * cause. All of them show before anybody logs in to a guest, so no guest is needed, and all of them can occur after a
 * preflight that passed.
 */
import type { KubeObject } from '../apiserver/contract.ts'
import { CONFIG_MAPS, EVENTS, NETWORK_ATTACHMENT_DEFINITIONS, PODS } from '../apiserver/kinds.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import { FakeGuest } from '../kubevirt/fake-runtime.fixture.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { untilAborted } from '../nodes/lab-clock.ts'
import { asPod } from '../nodes/pod.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'
import { BOTH, onNetwork } from './preflight-case.fixture.ts'
import { REFUSING_CLUSTERS } from './refusing-clusters.fixture.ts'
import { RESOURCE, UNSCHEDULABLE_CLUSTERS } from './unschedulable-clusters.fixture.ts'

export interface ClusterCause {
  readonly name: string
  /** Changes the cluster, before the VMIs are created. */
  readonly break?: (lab: GuestlessLab) => void
  /** See `GuestlessLab.start`. */
  readonly admitPod?: (pod: KubeObject) => void
  readonly images?: false
  readonly parameters?: Readonly<Record<string, string>>
  /** The account has only the README's required permissions: it cannot read pods, events and nodes. */
  readonly hidden?: true
  /** The account that creates the VMIs; default: the checkup's. */
  readonly account?: string
  /** Id of the expected first cause, and a pattern for its sentence. */
  readonly first: readonly [id: string, sentence: RegExp]
}

function wholeCoresOnly(lab: GuestlessLab): void {
  for (const node of BOTH) lab.kubelets.giveWholeCoresOnly(node)
}

/** The kubelet rejects every pod on its node, with the message of kubelet's `rejectPod`. */
function kubeletRefuses(lab: GuestlessLab, reason: string, message: string): void {
  lab.server.store.onChange(PODS, ({ type, object }) => {
    const { nodeName } = object['spec'] as { nodeName?: string }
    const { phase } = object['status'] as { phase?: string }
    if (type === 'DELETED' || nodeName === undefined || phase !== 'Pending') return
    const status = { ...(object['status'] as object), phase: 'Failed', reason }
    lab.server.store.update(PODS, {
      ...object,
      status: { ...status, message: `Pod was rejected: ${message}` },
    })
  })
}

/** The domain cannot be started, with an error message of libvirt or virt-handler. */
function handlerFails(lab: GuestlessLab, text: string): void {
  lab.runtime.booting = () => Promise.reject(new Error(text))
}

const QUOTA =
  'is forbidden: exceeded quota: team-quota, requested: requests.cpu=9, used: requests.cpu=0, limited: requests.cpu=8'

export const CLUSTER_CAUSES: readonly ClusterCause[] = [
  {
    name: 'an image that is not in its registry',
    images: false,
    first: ['image-pull', /cannot be pulled .*not found/],
  },
  {
    name: 'a node that assigns whole cores only',
    break: wholeCoresOnly,
    first: ['smt-alignment', /it requests 9 CPUs, which is not a multiple of the 2 threads of a core/],
  },
  {
    name: 'a NUMA node on which not everything is free',
    break: (lab) => {
      kubeletRefuses(lab, 'TopologyAffinityError', 'Resources cannot be allocated with Topology locality')
    },
    first: ['topology-affinity', /cannot all come from one NUMA node/],
  },
  {
    name: 'a webhook that lowers what pods ask for',
    admitPod: (pod) => {
      Object.assign(pod['status'] as object, { qosClass: 'Burstable' })
    },
    first: ['not-guaranteed-qos', /is not Guaranteed/],
  },
  {
    name: 'VFs that do not reach the launcher',
    break: (lab) => {
      const text = 'failed to create PCI address pool with network status from file: found no SR-IOV networks'
      handlerFails(lab, `failed to create SR-IOV hostdevices: ${text} to PCI-Address mapping`)
    },
    first: ['vf-not-mapped', /KubeVirt found no VF/],
  },
  {
    name: 'a memlock limit',
    break: (lab) => {
      const text = 'cannot limit locked memory of process 89 to 6442450944: Operation not permitted'
      handlerFails(lab, `virError(Code=38, Domain=0, Message='${text}')`)
    },
    first: ['memlock-limit', /could not lock the memory/],
  },
  {
    name: 'DMA mappings that the memlock limit does not allow',
    break: (lab) => {
      const text = 'vfio_container_dma_map(0x55d4, 0x0, 0xa0000, 0x7f2e) = -12 (Cannot allocate memory)'
      handlerFails(lab, `internal error: qemu unexpectedly closed the monitor: ${text}`)
    },
    first: ['memlock-limit', /could not lock the memory/],
  },
  {
    name: 'a network that somebody deletes',
    break: (lab) => {
      lab.server.store.delete(NETWORK_ATTACHMENT_DEFINITIONS, NAMESPACE, 'dpdk-network')
    },
    first: ['network-missing', /cannot find a network-attachment-definition/],
  },
  {
    name: 'a CNI plugin that the node does not have',
    break: (lab) => {
      onNetwork(lab, () => ({ spec: { config: JSON.stringify({ name: 'x', type: 'sriov-of-old' }) } }))
    },
    first: ['network-not-attached', /failed to find plugin "sriov-of-old" in path/],
  },
  {
    name: "somebody who removes the namespace's ConfigMaps",
    break: (lab) => {
      lab.server.store.onChange(CONFIG_MAPS, ({ type, object: { metadata } }) => {
        if (type === 'ADDED' && /^(?:vmi-under-test|dpdk-traffic-gen)/.test(metadata.name))
          lab.server.store.delete(CONFIG_MAPS, NAMESPACE, metadata.name)
      })
    },
    first: ['volume-not-mounted', /a volume of .* cannot be mounted/],
  },
  {
    name: 'a ResourceQuota that is used up',
    admitPod: ({ metadata }) => {
      throw new Error(`pods "${metadata.name}" ${QUOTA}`)
    },
    first: ['quota-exceeded', /the pod of .* was refused .*exceeded quota: team-quota/],
  },
  {
    name: 'Pod Security that does not let launcher pods in',
    admitPod: ({ metadata }) => {
      throw new Error(`pods "${metadata.name}" is forbidden: violates PodSecurity "restricted:latest"`)
    },
    first: ['pod-security-refused', /violates PodSecurity/],
  },
  {
    name: 'pods that are refused with an unknown message',
    admitPod: () => {
      throw new Error('no pods on Sundays')
    },
    first: ['pod-refused', /no pods on Sundays/],
  },
  ...REFUSING_CLUSTERS,
  {
    name: 'a queue that has not admitted the pods',
    admitPod: (pod) => {
      Object.assign(pod['spec'] as object, { schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }] })
    },
    first: ['scheduling-gated', /it still has scheduling gates/],
  },
  {
    name: 'hugepages that are not free where the CPUs are',
    break: (lab) => {
      handlerFails(lab, 'qemu-kvm: unable to map backing store for guest RAM: Cannot allocate memory')
    },
    first: ['host-hugepages-missing', /unable to map backing store/],
  },
  {
    name: 'a runtime class without its handler on the nodes',
    break: (lab) => {
      onNetwork(lab, () => ({ spec: { config: JSON.stringify({ name: 'x', type: 'sriov-of-old' }) } }))
      const message =
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "performance" is configured'
      lab.server.store.onChange(EVENTS, ({ type, object }) => {
        if (type !== 'DELETED' && String(object['message']).includes('sriov-of-old'))
          lab.server.store.update(EVENTS, { ...object, message })
      })
    },
    first: ['pod-not-started', /no runtime for "performance" is configured/],
  },
  {
    name: 'VFs that the device plugin finds unhealthy',
    break: (lab) => {
      const text = 'Allocate failed due to no healthy devices present; cannot allocate unhealthy devices'
      kubeletRefuses(lab, 'UnexpectedAdmissionError', `${text} ${RESOURCE}, which is unexpected`)
    },
    first: ['devices-not-healthy', /no healthy devices present/],
  },
  {
    name: 'a node that was filled up meanwhile',
    break: (lab) => {
      const text = "Node didn't have enough resource: cpu, requested: 9000, used: 24000, capacity: 32000"
      kubeletRefuses(lab, 'OutOfcpu', text)
    },
    first: ['node-filled-up', /requested: 9000/],
  },
  {
    name: 'a node that runs short of disk',
    break: (lab) => {
      kubeletRefuses(lab, 'Evicted', 'The node was low on resource: ephemeral-storage')
    },
    first: ['pod-evicted', /ephemeral-storage/],
  },
  {
    name: 'a node that lost its labels',
    break: (lab) => {
      kubeletRefuses(lab, 'NodeAffinity', 'Predicate NodeAffinity failed')
    },
    first: ['kubelet-refused', /Predicate NodeAffinity failed/],
  },
  {
    name: 'VFs that the node did not bind to vfio-pci',
    break: (lab) => {
      const text = 'vfio 0000:3d:06.2: failed to open /dev/vfio/61: No such file or directory'
      handlerFails(lab, `LibvirtError(Code=1, Domain=10, Message='internal error: qemu-kvm: ${text}')`)
    },
    first: ['host-vfio', /failed to open \/dev\/vfio\/61/],
  },
  {
    name: 'a VM that QEMU does not start',
    break: (lab) => {
      handlerFails(
        lab,
        'internal error: process exited while connecting to monitor: unsupported machine type',
      )
    },
    first: ['domain-not-started', /unsupported machine type/],
  },
  ...UNSCHEDULABLE_CLUSTERS,
  {
    name: 'somebody who deletes VMIs',
    break: (lab) => {
      lab.server.store.onChange(VMI, ({ type, object: { metadata } }) => {
        if (type === 'MODIFIED' && metadata.deletionTimestamp === undefined)
          lab.server.store.delete(VMI, NAMESPACE, metadata.name)
      })
    },
    first: ['vmi-deleted', /was deleted, but not by the checkup/],
  },
  {
    name: 'an account that may not create VMIs',
    account: `system:serviceaccount:${NAMESPACE}:default`,
    first: ['permission-missing', /cannot create resource/],
  },
  {
    name: 'a guest that crashes as it boots',
    break: (lab) => {
      lab.runtime.start = (spec) => {
        const guest = new FakeGuest(spec)
        setImmediate(() => {
          guest.exit({ how: 'crashed', reason: 'killed' })
        })
        return Promise.resolve(guest)
      }
    },
    first: ['guest-crashed', /ran and ended before it was ready/],
  },
  {
    name: 'a launcher that is killed for want of memory',
    break: (lab) => {
      lab.server.store.onChange(PODS, ({ object }) => {
        const { status } = asPod(object)
        const containers = status.containerStatuses ?? []
        if (status.phase !== 'Running' || containers[0]?.state.running === undefined) return
        const state = { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: timestamp() } }
        const containerStatuses = containers.map((container) => ({ ...container, state }))
        lab.server.store.update(PODS, {
          ...object,
          status: { ...status, phase: 'Failed', containerStatuses },
        })
      })
    },
    first: ['launcher-killed', /was killed because it ran out of memory \(OOMKilled\)/],
  },
  {
    name: 'a pod that failed, where pods are hidden',
    hidden: true,
    break: wholeCoresOnly,
    first: ['launcher-pod-failed', /the pod of .* ended before the guest was ready/],
  },
  {
    name: 'guests that are never started',
    break: (lab) => {
      lab.runtime.booting = (signal = AbortSignal.abort()) => untilAborted(signal)
    },
    first: ['guest-not-running', /was not running when the wait for it ended/],
  },
  {
    name: 'guests whose agent is silent',
    first: ['guest-does-not-answer', /never answered/],
  },
]
