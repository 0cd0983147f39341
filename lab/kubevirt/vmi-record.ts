/** One VMI in the store; derives parts of its status from its launcher pod. */
import type { Store } from '../apiserver/contract.ts'
import type { EventRecorder, EventSource, EventText } from '../nodes/events.ts'
import { VMI } from './kubevirt-kinds.ts'
import { isTerminal, type Pod } from '../nodes/pod.ts'
import { conditionOf, removeCondition, setCondition } from '../nodes/condition.ts'
import { asVmi, type Phase, setPhase, type Vmi } from './vmi.ts'

export class VmiRecord {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly #store: Store
  readonly #events: EventRecorder
  readonly #pod: () => Pod | undefined

  /** `pod` returns the current launcher pod. */
  constructor(store: Store, events: EventRecorder, vmi: Vmi, pod: () => Pod | undefined) {
    this.#store = store
    this.#events = events
    this.#pod = pod
    this.namespace = vmi.metadata.namespace ?? ''
    this.name = vmi.metadata.name
    this.uid = vmi.metadata.uid ?? ''
  }

  /** The stored VMI; undefined if it is gone, or another VMI has its name. */
  get current(): Vmi | undefined {
    const stored = this.#store.get(VMI, this.namespace, this.name)
    return stored?.metadata.uid === this.uid ? asVmi(stored) : undefined
  }

  /** Changes the VMI, and updates the status that depends on its pod. */
  update(change: (vmi: Vmi) => void = () => undefined): void {
    const { current } = this
    if (current === undefined) return
    const vmi = structuredClone(current)
    change(vmi)
    followPod(vmi, this.#pod())
    this.#store.update(VMI, vmi)
  }

  phase(phase: Phase): void {
    this.update((vmi) => {
      setPhase(vmi, phase)
    })
  }

  event(source: EventSource, event: EventText): void {
    const { current } = this
    if (current !== undefined) this.#events.record(current, source, event)
  }
}

/** Copies the pod's state to the VMI: its node, its readiness, and why it does not run yet. */
function followPod(vmi: Vmi, pod: Pod | undefined): void {
  setCondition(vmi, { type: 'Ready', ...readiness(vmi, pod) })
  const scheduled = pod === undefined ? undefined : conditionOf(pod, 'PodScheduled')
  if (scheduled?.status === 'False') {
    const { reason = '', message = '' } = scheduled
    setCondition(vmi, { type: 'PodScheduled', status: 'False', reason, message })
  } else removeCondition(vmi, 'PodScheduled')
  const waiting = pod?.status.containerStatuses?.[0]?.state.waiting
  if (waiting !== undefined && IMAGE_ERRORS.has(waiting.reason))
    notSynchronized(vmi, waiting.reason, waiting.message ?? '')
  else if (pod !== undefined && IMAGE_ERRORS.has(synchronizedReason(vmi) ?? ''))
    removeCondition(vmi, 'Synchronized')
  if (pod !== undefined && !isTerminal(pod))
    vmi.status.activePods = { [pod.metadata.uid ?? '']: pod.spec.nodeName ?? '' }
  else delete vmi.status.activePods
}

const IMAGE_ERRORS: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff'])

/** Sets the condition `Synchronized` to False; it is removed when the failure is over, and never True. */
export function notSynchronized(vmi: Vmi, reason: string, message: string): void {
  setCondition(vmi, { type: 'Synchronized', status: 'False', reason, message })
}

function synchronizedReason(vmi: Vmi): string | undefined {
  return conditionOf(vmi, 'Synchronized')?.reason
}

type Readiness = Pick<Parameters<typeof setCondition>[1], 'status' | 'reason' | 'message'>

function readiness(vmi: Vmi, pod: Pod | undefined): Readiness {
  const no = (reason: string, message: string): Readiness => ({ status: 'False', reason, message })
  if (pod === undefined) return no('PodNotExists', 'virt-launcher pod has not yet been scheduled')
  if (pod.metadata.deletionTimestamp !== undefined || isTerminal(pod))
    return no('PodTerminating', 'virt-launcher pod is terminating')
  if (vmi.status.phase !== 'Running') return no('GuestNotRunning', 'Guest VM is not reported as running')
  const ready = conditionOf(pod, 'Ready')
  if (ready === undefined)
    return no('PodConditionMissing', 'virt-launcher pod is missing the Ready condition')
  const { status, reason, message } = ready
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  }
}
