/**
 * Disruptions of a node while a VMI runs on it, as Kubernetes reports them. Sources: kubectl cordon and drain;
 * tainteviction and nodelifecycle of kube-controller-manager; preemption of kube-scheduler; pkg/kubelet/nodeshutdown.
 */
import { randomUUID } from 'node:crypto'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { EVENTS, NODES, PODS } from '../apiserver/kinds.ts'
import { timestamp } from '../apiserver/timestamp.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { LabError } from '../lab-error.ts'
import { type Condition, setCondition } from '../nodes/condition.ts'
import { asPod, type Pod } from '../nodes/pod.ts'

const ACTIONS = [
  'cordons the node of the VM under test',
  'drains the node of the VM under test',
  'loses the node of the VM under test',
  'reboots the node of the VM under test',
  'resets the node of the VM under test',
  'taints the node of the VM under test',
  'preempts the pod of the VM under test',
] as const
export type NodeInterference = (typeof ACTIONS)[number]

export function isNodeInterference(action: string): action is NodeInterference {
  return ACTIONS.some((one) => one === action)
}

interface Which {
  readonly namespace: string
  readonly name: string
}

/** Waits until the VMI runs, then disrupts its node. */
export async function interfereWithNode(action: NodeInterference, store: Store, vmi: Which): Promise<void> {
  const nodeName = await nodeOfRunning(store, vmi)
  const pod = podOf(store, vmi)
  switch (action) {
    case 'cordons the node of the VM under test':
      cordon(store, nodeName)
      break
    case 'drains the node of the VM under test':
      cordon(store, nodeName)
      remove(store, pod)
      break
    case 'loses the node of the VM under test':
      lose(store, nodeName)
      break
    case 'reboots the node of the VM under test':
      shutDown(store, pod)
      break
    case 'resets the node of the VM under test':
      reset(store, pod, nodeName)
      break
    case 'taints the node of the VM under test':
      changeNode(store, nodeName, ({ spec }) => ({
        spec: {
          ...spec,
          taints: [{ key: 'example.com/repair', effect: 'NoExecute', timeAdded: timestamp() }],
        },
      }))
      event(
        store,
        pod,
        'TaintManagerEviction',
        `Marking for deletion Pod ${vmi.namespace}/${pod.metadata.name}`,
      )
      remove(store, pod)
      break
    case 'preempts the pod of the VM under test':
      event(
        store,
        pod,
        'Preempted',
        `Preempted by pod 8f0f3b5e-2b1c-4f0a-9d0e-0c2a4d6e8f10 on node ${nodeName}`,
      )
      remove(store, pod)
      break
  }
}

/** Resolves to the VMI's node when KubeVirt reports that the VMI runs. */
function nodeOfRunning(store: Store, { namespace, name }: Which): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const resolveIfRunning = (object: KubeObject | undefined) => {
    const { phase, nodeName } = (object?.['status'] ?? {}) as { phase?: string; nodeName?: string }
    if (phase === 'Running' && nodeName !== undefined) resolve(nodeName)
  }
  const unsubscribe = store.onChange(VMI, ({ object }) => {
    if (object.metadata.name === name) resolveIfRunning(object)
  })
  resolveIfRunning(store.get(VMI, namespace, name))
  return promise.finally(unsubscribe)
}

function podOf(store: Store, { namespace, name }: Which): Pod {
  const uid = store.get(VMI, namespace, name)?.metadata.uid
  const pod = store
    .list(PODS, namespace)
    .find(({ metadata }) => metadata.labels?.['kubevirt.io/created-by'] === uid)
  if (pod === undefined) throw new LabError('fault', `${name} has no pod`)
  return asPod(pod)
}

/** Deletes the pod object; the lab ends its containers at once. */
function remove(store: Store, { metadata: { namespace, name } }: Pod): void {
  store.delete(PODS, namespace, name)
}

type NodeObject = KubeObject & {
  readonly spec: Readonly<Record<string, unknown>>
  readonly status: { readonly conditions: Condition[] }
}

function changeNode(store: Store, name: string, change: (node: NodeObject) => Partial<NodeObject>): void {
  const node = store.get(NODES, undefined, name)
  if (node === undefined) throw new LabError('fault', `there is no node ${name}`)
  const copy = structuredClone(node) as NodeObject
  store.update(NODES, { ...copy, ...change(copy) })
}

function cordon(store: Store, name: string): void {
  changeNode(store, name, ({ metadata, spec }) => ({
    metadata: {
      ...metadata,
      managedFields: [
        ...(metadata.managedFields ?? []),
        {
          manager: 'kubectl',
          operation: 'Update',
          apiVersion: 'v1',
          time: timestamp(),
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:unschedulable': {} } },
        },
      ],
    },
    spec: {
      ...spec,
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: timestamp() }],
    },
  }))
}

/** Marks the node like the node lifecycle controller does when its kubelet is silent. */
function lose(store: Store, name: string): void {
  changeNode(store, name, ({ spec, status }) => {
    const key = 'node.kubernetes.io/unreachable'
    const lost: object = {
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: timestamp(),
    }
    return {
      spec: {
        ...spec,
        taints: ['NoSchedule', 'NoExecute'].map((effect) => ({ key, effect, timeAdded: timestamp() })),
      },
      status: {
        ...status,
        conditions: [...status.conditions.filter(({ type }) => type !== 'Ready'), lost as Condition],
      },
    }
  })
}

/** Ends the pod like a kubelet does when systemd announces a shutdown. */
function shutDown(store: Store, pod: Pod): void {
  const ended = structuredClone(pod)
  Object.assign(ended.status, {
    phase: 'Failed',
    reason: 'Terminated',
    message: 'Pod was terminated in response to imminent node shutdown.',
  })
  setCondition(ended, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'TerminationByKubelet',
    message: 'Pod was terminated in response to imminent node shutdown.',
  })
  store.update(PODS, ended)
}

/**
 * The node loses its power and is back before the node controller notices. Its kubelet has another boot id, and finds
 * that the pod's containers are gone; it gives no reason.
 */
function reset(store: Store, pod: Pod, nodeName: string): void {
  changeNode(store, nodeName, ({ status }) => {
    const { nodeInfo } = status as { nodeInfo?: object }
    return { status: { ...status, nodeInfo: { ...nodeInfo, bootID: randomUUID() } } as NodeObject['status'] }
  })
  const ended = structuredClone(pod)
  Object.assign(ended.status, { phase: 'Failed' })
  store.update(PODS, ended)
}

function event(store: Store, pod: Pod, reason: string, message: string): void {
  const { namespace, name, uid } = pod.metadata
  const now = timestamp()
  store.create(EVENTS, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${reason.toLowerCase()}`, ...(namespace === undefined ? {} : { namespace }) },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    reason,
    message,
    type: 'Normal',
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
  })
}
