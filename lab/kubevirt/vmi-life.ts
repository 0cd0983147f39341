/**
 * The life of one VMI, from its creation to the removal of its finalizer, as a sequence of steps. Each step waits
 * for the same conditions as KubeVirt, the scheduler or the kubelet; a deletion aborts it.
 */
import { describeError } from '../../support/common/errors.ts'
import type { Logger } from '../../support/common/logger.ts'
import type { Store } from '../apiserver/contract.ts'
import { CONFIG_MAPS, NETWORK_ATTACHMENT_DEFINITIONS, PODS, SECRETS } from '../apiserver/kinds.ts'
import type {
  GuestDataDisk,
  GuestExit,
  GuestRuntime,
  GuestSpec,
  RunningGuest,
} from '../guests/guest-runtime.ts'
import { FINALIZER } from './vmi-admission.ts'
import { ConsoleRelay } from './console-relay.ts'
import { bootImage, type ResolveImage } from './boot-image.ts'
import { pullImage } from '../nodes/image-pull.ts'
import type { CpuShareOptions } from './cpu-share.ts'
import { dataDisks, MissingSourceError } from './data-disks.ts'
import type { EventRecorder } from '../nodes/events.ts'
import { guestSpec } from './guest-spec.ts'
import { showDomain, showScheduled } from './guest-status.ts'
import { type Sleep, untilAborted, untilStored } from '../nodes/lab-clock.ts'
import { isGuaranteed } from './launcher-pod.ts'
import { creationFailure, Launcher, type LauncherOptions, networkObstacle } from './launcher.ts'
import { observeGuest } from './observe-guest.ts'
import { asPod } from '../nodes/pod.ts'
import { isFinal, setPhase, type Vmi } from './vmi.ts'
import { removeCondition } from '../nodes/condition.ts'
import { VMI } from './kubevirt-kinds.ts'
import { notSynchronized, VmiRecord } from './vmi-record.ts'

export interface LifeContext extends LauncherOptions {
  readonly store: Store
  readonly events: EventRecorder
  readonly runtime: GuestRuntime
  readonly resolveImage: ResolveImage
  readonly sleep: Sleep
  readonly log: Logger
  readonly cpuShare: CpuShareOptions | undefined
}

/** `deleted`: a user deleted the VMI. `removed`: its object is already gone. `abandoned`: the lab ends. */
export type EndCause = 'deleted' | 'removed' | 'abandoned'

const FIRST_RETRY_MS = 5000
const SLOWEST_RETRY_MS = 60_000

export class VmiLife {
  readonly finished: Promise<void>
  readonly #context: LifeContext
  readonly #vmi: Vmi
  readonly #record: VmiRecord
  /** Aborts when the VMI must end, for any `EndCause`. */
  readonly #deletion = new AbortController()
  /** Aborts when the launcher pod was deleted or has failed. */
  readonly #podLoss = new AbortController()
  readonly #end: AbortSignal
  #cause: EndCause | undefined
  #launcher: Launcher | undefined
  #guest: RunningGuest | undefined
  #console: ConsoleRelay | undefined

  constructor(context: LifeContext, vmi: Vmi) {
    this.#context = context
    this.#vmi = vmi
    this.#end = AbortSignal.any([this.#deletion.signal, this.#podLoss.signal])
    this.#record = new VmiRecord(context.store, context.events, vmi, () => this.#launcher?.pod)
    this.finished = this.#run()
  }

  get guest(): RunningGuest | undefined {
    return this.#guest
  }

  get console(): ConsoleRelay | undefined {
    return this.#console
  }

  end(cause: EndCause): void {
    // `removed` replaces `deleted`, because the guest needs no graceful shutdown any more; `abandoned` is final.
    if (this.#cause !== 'abandoned') this.#cause = cause === 'deleted' ? (this.#cause ?? cause) : cause
    this.#deletion.abort(new Error(`the VMI was ${cause}`))
  }

  async #run(): Promise<void> {
    const unsubscribe = this.#context.store.onChange(PODS, ({ type, object }) => {
      if (this.#launcher?.name !== object.metadata.name) return
      if (this.#cause === 'abandoned') return
      if (type === 'DELETED') this.#podLoss.abort(new Error('the virt-launcher pod is gone'))
      // A kubelet sets a pod that it refuses to Failed; KubeVirt creates no second pod for the VMI.
      else if (asPod(object).status.phase === 'Failed')
        this.#podLoss.abort(new Error('the virt-launcher pod failed'))
      this.#record.update()
    })
    try {
      if (!isFinal(this.#vmi)) this.#finish(await this.#live())
      await untilAborted(this.#deletion.signal).catch(() => undefined)
      if (this.#cause !== 'abandoned') this.#cleanUp()
    } catch (error) {
      this.#context.log.warn(`VMI ${this.#record.namespace}/${this.#record.name}: ${describeError(error)}`)
    } finally {
      unsubscribe()
      this.#console?.close()
      await this.#disposeGuest()
      this.#context.events.forget(this.#vmi)
    }
  }

  async #disposeGuest(): Promise<void> {
    try {
      await this.#guest?.[Symbol.asyncDispose]()
    } catch (error) {
      this.#context.log.warn(`guest of ${this.#record.name} does not end: ${describeError(error)}`)
    }
  }

  /** How the guest ended; undefined if it never started. */
  async #live(): Promise<GuestExit | undefined> {
    try {
      const guest = await this.#bringUp()
      return await this.#accompany(guest)
    } catch (error) {
      if (!this.#end.aborted) throw error
      return undefined
    }
  }

  async #bringUp(): Promise<RunningGuest> {
    const { store, version } = this.#context
    this.#record.phase('Pending')
    const launcher = await this.#createLauncher()
    this.#record.phase('Scheduling')
    await this.#mustBeGuaranteed(launcher)
    const node = await untilStored(store, [PODS], () => launcher.pod?.spec.nodeName, this.#end)
    launcher.waiting('ContainerCreating')
    const disks = await this.#mountVolumes(launcher)
    await this.#attachNetworks(launcher)
    const bootDisk = await this.#pullBootDisk(launcher)
    launcher.running(this.#vmi.spec.readinessProbe === undefined)
    this.#record.update((vmi) => {
      showScheduled(vmi, node, version)
      setPhase(vmi, 'Scheduled')
    })
    return this.#startGuest(guestSpec(this.#vmi, bootDisk, disks, node))
  }

  async #createLauncher(): Promise<Launcher> {
    const { store, events } = this.#context
    try {
      this.#launcher = Launcher.create(store, events, this.#vmi, this.#context)
    } catch (error) {
      const message = `Error creating pod: ${describeError(error)}`
      this.#record.event('virtualmachine-controller', { type: 'Warning', reason: 'FailedCreate', message })
      this.#record.update((vmi) => {
        notSynchronized(vmi, 'FailedCreate', creationFailure(error))
      })
      return untilAborted(this.#end)
    }
    this.#record.event('virtualmachine-controller', {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created virtual machine pod ${this.#launcher.name}`,
    })
    return this.#launcher
  }

  /** A webhook may have changed the pod's resources: then it is not Guaranteed, and the VMI cannot go on. */
  async #mustBeGuaranteed(launcher: Launcher): Promise<void> {
    if (!isGuaranteed(this.#vmi.spec) || launcher.pod?.status.qosClass === 'Guaranteed') return
    const reason = 'FailedGuaranteeResources'
    const message = 'failed to guarantee pod resources'
    this.#record.event('virtualmachine-controller', { type: 'Warning', reason, message })
    this.#record.update((vmi) => {
      notSynchronized(vmi, reason, message)
    })
    await untilAborted(this.#end)
  }

  #mountVolumes(launcher: Launcher): Promise<GuestDataDisk[]> {
    const { store } = this.#context
    const mount = () => {
      try {
        return dataDisks(this.#vmi, (kind, name) => store.get(kind, this.#record.namespace, name))
      } catch (error) {
        if (!(error instanceof MissingSourceError)) throw error
        launcher.event({ type: 'Warning', reason: 'FailedMount', message: error.message })
        return undefined
      }
    }
    return untilStored(store, [CONFIG_MAPS, SECRETS], mount, this.#end)
  }

  #attachNetworks(launcher: Launcher): Promise<true> {
    const { store } = this.#context
    const attach = () => {
      const message = networkObstacle(store, this.#vmi, launcher.name)
      if (message === undefined) return true
      launcher.event({ type: 'Warning', reason: 'FailedCreatePodSandBox', message })
      return undefined
    }
    return untilStored(store, [NETWORK_ATTACHMENT_DEFINITIONS], attach, this.#end)
  }

  async #pullBootDisk(launcher: Launcher): Promise<string> {
    const { resolveImage, sleep } = this.#context
    const image = bootImage(this.#vmi)
    if (image === undefined)
      return this.#failToSync('the lab boots guests from container disks, and the VMI has none')
    const observer = {
      event: launcher.event.bind(launcher),
      waiting: launcher.waiting.bind(launcher),
    }
    return pullImage(image, () => resolveImage(image, this.#record.name), observer, sleep, this.#end)
  }

  /** The domain can never be created: reports it and waits until the VMI ends. */
  async #failToSync(why: string): Promise<never> {
    this.#showSyncFailure(why)
    return untilAborted(this.#end)
  }

  #showSyncFailure(why: string): void {
    const message = `server error. command SyncVMI failed: "${why}"`
    this.#record.event('virt-handler', { type: 'Warning', reason: 'SyncFailed', message })
    this.#record.update((vmi) => {
      notSynchronized(vmi, 'Synchronizing with the Domain failed.', message)
    })
  }

  async #startGuest(spec: GuestSpec): Promise<RunningGuest> {
    const { runtime, sleep } = this.#context
    for (let pause = FIRST_RETRY_MS; ; pause = Math.min(pause * 2, SLOWEST_RETRY_MS)) {
      try {
        // Stored before the abort check, so that a guest that started meanwhile is disposed.
        const guest = (this.#guest = await runtime.start(spec, this.#end))
        this.#end.throwIfAborted()
        this.#console = new ConsoleRelay(guest.console)
        this.#showRunning(spec)
        return guest
      } catch (error) {
        if (this.#end.aborted) throw error
        this.#showSyncFailure(describeError(error))
        await sleep(pause, this.#end)
      }
    }
  }

  #showRunning({ nics }: GuestSpec): void {
    this.#record.event('virt-handler', {
      type: 'Normal',
      reason: 'Created',
      message: 'VirtualMachineInstance defined.',
    })
    this.#record.update((vmi) => {
      removeCondition(vmi, 'Synchronized')
      showDomain(vmi, nics)
      setPhase(vmi, 'Running')
    })
    this.#record.event('virt-handler', {
      type: 'Normal',
      reason: 'Started',
      message: 'VirtualMachineInstance started.',
    })
  }

  /** Updates the VMI's status until the guest ends; stops the guest when the VMI must end. */
  async #accompany(guest: RunningGuest): Promise<GuestExit> {
    const { sleep, log, cpuShare } = this.#context
    const running = new AbortController()
    const signal = AbortSignal.any([this.#end, running.signal])
    const launcher = this.#launcher
    observeGuest(guest, this.#record, (ready) => launcher?.ready(ready), {
      probe: this.#vmi.spec.readinessProbe,
      onProbeFailure: (message) => launcher?.event({ type: 'Warning', reason: 'Unhealthy', message }),
      cpuShare,
      sleep,
      log,
      signal,
    })
    try {
      const asked = untilAborted(signal).catch(() => undefined)
      const exit = await Promise.race([guest.exited, asked])
      return exit ?? (await this.#stop(guest))
    } finally {
      running.abort()
    }
  }

  /** Presses the guest's power button and waits for the grace period, if any; then destroys the guest. */
  async #stop(guest: RunningGuest): Promise<GuestExit> {
    const grace = this.#vmi.spec.terminationGracePeriodSeconds ?? 30
    const graceful = this.#cause === 'deleted' && grace > 0 && guest.powerDown !== undefined
    if (this.#cause === 'deleted')
      this.#record.event('virt-handler', {
        type: 'Normal',
        ...(graceful
          ? { reason: 'ShuttingDown', message: 'Signaled Graceful Shutdown' }
          : { reason: 'Deleted', message: 'Signaled Deletion' }),
      })
    if (graceful) await this.#awaitShutdown(guest, grace * 1000)
    await this.#disposeGuest()
    return { how: 'stopped' }
  }

  async #awaitShutdown(guest: RunningGuest, grace: number): Promise<void> {
    const enough = new AbortController()
    guest.powerDown?.().catch((error: unknown) => {
      this.#context.log.debug(`power button of ${this.#record.name}: ${describeError(error)}`)
    })
    const patience = this.#context.sleep(grace, enough.signal).catch(() => undefined)
    await Promise.race([guest.exited, patience])
    enough.abort()
  }

  /** Sets the final phase: Failed if the guest crashed, never ran or lost its pod; otherwise Succeeded. */
  #finish(exit: GuestExit | undefined): void {
    if (this.#cause === 'abandoned') return
    const crashed = exit?.how === 'crashed'
    const failed = exit === undefined || crashed || this.#podLoss.signal.aborted
    this.#console?.close()
    this.#launcher?.completed()
    if (exit?.how === 'crashed')
      this.#context.log.warn(`guest of ${this.#record.name} crashed: ${exit.reason}`)
    this.#record.update((vmi) => {
      removeCondition(vmi, 'AgentConnected')
      setPhase(vmi, failed ? 'Failed' : 'Succeeded')
    })
    if (exit === undefined) return
    this.#record.event(
      'virt-handler',
      crashed
        ? { type: 'Warning', reason: 'Stopped', message: 'The VirtualMachineInstance crashed.' }
        : { type: 'Normal', reason: 'Stopped', message: 'The VirtualMachineInstance was shut down.' },
    )
  }

  #cleanUp(): void {
    const { store } = this.#context
    const pod = this.#launcher?.pod
    if (pod !== undefined) {
      this.#launcher?.delete()
      const message = `Deleted virtual machine pod ${pod.metadata.name}`
      this.#record.event('virtualmachine-controller', { type: 'Normal', reason: 'SuccessfulDelete', message })
      this.#context.events.forget(pod)
    }
    const { current } = this.#record
    if (current === undefined) return
    const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
    store.update(VMI, { ...current, metadata: { ...current.metadata, finalizers } })
  }
}
