/** The Job controller: creates and deletes a Job's pods, and writes its status. */
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { JOBS, PODS, SERVICE_ACCOUNTS } from '../apiserver/kinds.ts'
import type { EventRecorder } from '../nodes/events.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { EndedPods, finalCondition, outcomeOf, statusOf, type Tally } from './job-tally.ts'
import type { ControllerContext } from './replica-set-controller.ts'
import { asJob, type Job } from './job.ts'
import { asPod, type Pod } from '../nodes/pod.ts'
import { controllerOf } from './owner.ts'

/** The delay before a failed pod is replaced; it doubles with each failure. */
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 600_000
const BACK_OFF = 'back-off'

interface Tracked {
  readonly pods: EndedPods
  /** Aborts when the Job is gone. */
  readonly gone: AbortController
  /** Whether the next pod is delayed because the last one failed. */
  waits: boolean
  failedBefore: number
  readonly timers: Set<string>
}

export class JobController implements Disposable {
  readonly #store: Store
  readonly #admitPod: ControllerContext['admitPod']
  readonly #events: EventRecorder
  readonly #sleep: Sleep
  readonly #tracked = new Map<string, Tracked>()
  readonly #due = new Set<string>()
  readonly #subscriptions: (() => void)[]

  constructor({ store, events, sleep, admitPod }: ControllerContext) {
    this.#store = store
    this.#admitPod = admitPod
    this.#events = events
    this.#sleep = sleep
    this.#subscriptions = [
      store.onChange(JOBS, ({ type, object }) => {
        const { uid = '' } = object.metadata
        if (type === 'DELETED') this.#forget(uid)
        else this.#soon(uid)
      }),
      store.onChange(PODS, ({ type, object }) => {
        const owner = controllerOf(object, 'Job')
        if (owner === undefined) return
        this.#track(owner)?.pods.count(asPod(object), type === 'DELETED')
        this.#soon(owner)
      }),
      // Pods may have been refused for lack of this service account.
      store.onChange(SERVICE_ACCOUNTS, ({ type }) => {
        if (type === 'ADDED') for (const uid of this.#tracked.keys()) this.#soon(uid)
      }),
    ]
    for (const { metadata } of store.list(JOBS)) this.#soon(metadata.uid ?? '')
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    for (const uid of [...this.#tracked.keys()]) this.#forget(uid)
  }

  #job(uid: string): Job | undefined {
    const found = this.#store.list(JOBS).find(({ metadata }) => metadata.uid === uid)
    return found === undefined ? undefined : asJob(found)
  }

  #track(uid: string): Tracked | undefined {
    const known = this.#tracked.get(uid)
    if (known !== undefined || this.#job(uid) === undefined) return known
    const tracked: Tracked = {
      pods: new EndedPods(),
      gone: new AbortController(),
      waits: false,
      failedBefore: 0,
      timers: new Set(),
    }
    this.#tracked.set(uid, tracked)
    return tracked
  }

  #forget(uid: string): void {
    this.#tracked.get(uid)?.gone.abort(new Error('the Job is gone'))
    this.#tracked.delete(uid)
    this.#due.delete(uid)
  }

  /** Reconciles once for all simultaneous changes. */
  #soon(uid: string): void {
    if (this.#due.has(uid)) return
    this.#due.add(uid)
    queueMicrotask(() => {
      if (!this.#due.delete(uid)) return
      const job = this.#job(uid)
      const tracked = this.#track(uid)
      if (job !== undefined && tracked !== undefined) this.#sync(job, tracked)
    })
  }

  #sync(job: Job, tracked: Tracked): void {
    if (job.metadata.deletionTimestamp !== undefined) return
    if (finalCondition(job) !== undefined) {
      this.#removeInTime(job, tracked)
      return
    }
    const { uid = '', namespace } = job.metadata
    const pods = this.#store
      .list(PODS, namespace)
      .filter((pod) => controllerOf(pod, 'Job') === uid)
      .map(asPod)
    const tally = tracked.pods.tally(pods)
    const elapsed = job.status.startTime === undefined ? 0 : Date.now() - Date.parse(job.status.startTime)
    const outcome = outcomeOf(job, tally, elapsed)
    if (outcome !== undefined || job.spec.suspend) for (const pod of tally.active) this.#deletePod(job, pod)
    else this.#createPods(job, tally, tracked)
    const next = { ...structuredClone(job), status: statusOf(job, this.#tallyNow(job, tracked), outcome) }
    this.#store.update(JOBS, next)
    if (outcome !== undefined && finalCondition(next) !== undefined) this.#recordEnd(job, outcome)
    const { activeDeadlineSeconds } = job.spec
    if (activeDeadlineSeconds !== undefined && outcome === undefined)
      this.#later(uid, tracked, 'deadline', activeDeadlineSeconds * 1000 - elapsed)
  }

  #tallyNow({ metadata }: Job, tracked: Tracked): Tally {
    const pods = this.#store.list(PODS, metadata.namespace)
    return tracked.pods.tally(pods.filter((pod) => controllerOf(pod, 'Job') === metadata.uid).map(asPod))
  }

  #recordEnd(job: Job, { type, reason, message }: { type: string; reason: string; message: string }): void {
    if (type === 'Complete') this.#event(job, 'Normal', 'Completed', 'Job completed')
    else this.#event(job, 'Warning', reason, message)
  }

  #createPods(job: Job, { succeeded, failed, active }: Tally, tracked: Tracked): void {
    if (failed > tracked.failedBefore) {
      tracked.failedBefore = failed
      tracked.waits = true
      const wait = Math.min(FIRST_BACK_OFF_MS * 2 ** (failed - 1), LONGEST_BACK_OFF_MS)
      this.#later(job.metadata.uid ?? '', tracked, BACK_OFF, wait)
    }
    const { parallelism, completions } = job.spec
    const missing = Math.min(parallelism, completions - succeeded) - active.length
    if (missing <= 0 || tracked.waits) return
    try {
      for (let made = 0; made < missing; made++) {
        const pod = this.#store.create(PODS, this.#admitted(job))
        this.#event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      }
    } catch (error) {
      this.#event(job, 'Warning', 'FailedCreate', `Error creating: ${describeError(error)}`)
    }
  }

  /** Returns the Job's next pod. @throws StatusError 403 if it is refused, for example without a service account */
  #admitted(job: Job): KubeObject {
    const { metadata = {}, spec } = job.spec.template
    const { name, namespace = '', uid = '' } = job.metadata
    return this.#admitPod({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...structuredClone(metadata),
        name: '',
        generateName: `${name}-`,
        namespace,
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: structuredClone(spec),
    })
  }

  #deletePod(job: Job, pod: Pod): void {
    const { name, namespace } = pod.metadata
    this.#store.delete(PODS, namespace, name)
    this.#event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  }

  /** Deletes an ended Job after its ttlSecondsAfterFinished. */
  #removeInTime(job: Job, tracked: Tracked): void {
    const { ttlSecondsAfterFinished: ttl } = job.spec
    if (ttl === undefined || tracked.timers.has('ttl')) return
    tracked.timers.add('ttl')
    const remove = () => {
      const { namespace, name, uid = '' } = job.metadata
      if (this.#job(uid) !== undefined) this.#store.delete(JOBS, namespace, name)
    }
    this.#sleep(ttl * 1000, tracked.gone.signal).then(remove, () => undefined)
  }

  /** Reconciles again after `milliseconds`; at most one timer per reason. */
  #later(uid: string, tracked: Tracked, reason: string, milliseconds: number): void {
    if (tracked.timers.has(reason)) return
    tracked.timers.add(reason)
    const again = () => {
      tracked.timers.delete(reason)
      if (reason === BACK_OFF) tracked.waits = false
      this.#soon(uid)
    }
    this.#sleep(Math.max(0, milliseconds), tracked.gone.signal).then(again, () => undefined)
  }

  #event(job: Job, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.record(job, 'job-controller', { type, reason, message })
  }
}
