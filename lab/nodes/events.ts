/** Events of KubeVirt, the controllers, the scheduler and the kubelet. */
import { randomBytes } from 'node:crypto'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { EVENTS, NAMESPACES } from '../apiserver/kinds.ts'
import { timestamp } from '../apiserver/timestamp.ts'

/** The component that writes an event. */
export type EventSource =
  | 'virtualmachine-controller'
  | 'virt-handler'
  | 'job-controller'
  | 'deployment-controller'
  | 'replicaset-controller'
  | 'default-scheduler'
  | 'multus'
  | 'kubelet'

export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export class EventRecorder {
  readonly #store: Store
  /** Names of earlier Events by object, source and text. As in client-go, a repeated event increments a count. */
  readonly #said = new Map<string, string>()

  constructor(store: Store) {
    this.#store = store
  }

  record(about: KubeObject, source: EventSource, event: EventText): void {
    const namespace = about.metadata.namespace ?? 'default'
    if (this.#isTerminating(namespace)) return
    const key = [about.metadata.uid, source, event.type, event.reason, event.message].join('\n')
    const name = this.#said.get(key)
    const before = name === undefined ? undefined : this.#store.get(EVENTS, namespace, name)
    const now = timestamp()
    if (before !== undefined) {
      const count = Number(before['count'] ?? 1) + 1
      this.#store.update(EVENTS, { ...structuredClone(before), count, lastTimestamp: now })
      return
    }
    const created = this.#store.create(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${about.metadata.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: reference(about),
      ...event,
      source: { component: source },
      reportingComponent: source,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      count: 1,
    })
    this.#said.set(key, created.metadata.name)
  }

  /** Forgets the names of a deleted object's Events; the Events themselves stay. */
  forget(about: KubeObject): void {
    for (const key of this.#said.keys())
      if (key.startsWith(`${about.metadata.uid ?? ''}\n`)) this.#said.delete(key)
  }

  #isTerminating(namespace: string): boolean {
    return this.#store.get(NAMESPACES, undefined, namespace)?.metadata.deletionTimestamp !== undefined
  }
}

function reference({ apiVersion, kind, metadata }: KubeObject): Record<string, string> {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}
