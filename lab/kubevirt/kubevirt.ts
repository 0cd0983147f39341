/** KubeVirt for the lab: what the API server is extended with, and the controller behind it. */
import { silentLogger, type Logger } from '../../support/common/logger.ts'
import type { ApiExtension, KubeObject, Store } from '../apiserver/contract.ts'
import type { GuestRuntime } from '../guests/guest-runtime.ts'
import { admitVmi, admitVmiUpdate } from './vmi-admission.ts'
import { KUBEVIRT_VERSION, kubeVirtStatus } from './kubevirt-object.ts'
import type { ResolveImage } from './boot-image.ts'
import type { CpuShareOptions } from './cpu-share.ts'
import { VmiController } from './controller.ts'
import { EventRecorder } from '../nodes/events.ts'
import { KUBEVIRT, VMI } from './kubevirt-kinds.ts'
import { sleep, type Sleep } from '../nodes/lab-clock.ts'
import { vmiSubresources } from './subresources.ts'

export interface KubeVirtOptions {
  /** Not disposed of by KubeVirt: the caller ends it, after KubeVirt. */
  readonly runtime: GuestRuntime
  readonly resolveImage: ResolveImage
  readonly log?: Logger
  /** KubeVirt's version, as the launcher's image has it. */
  readonly version?: string
  /** False: as a cluster without the SR-IOV network-resources-injector; no pod asks for VFs. */
  readonly networkResourcesInjector?: boolean
  /** What else decides on launcher pods: a quota, Pod Security. Throws where it refuses one; none without. */
  readonly admitPod?: (pod: KubeObject) => void
  /** Told of in an annotation of each VMI whose guest is a process of this machine; in none without. */
  readonly cpuShare?: CpuShareOptions
  /** Timers of the probes and back-offs; tests have their own. */
  readonly sleep?: Sleep
}

export interface KubeVirt extends ApiExtension, AsyncDisposable {
  /** Begins to look after the VMIs in a store, those already there and those to come. */
  start(store: Store): void
  /** Ends every guest and stops following the store. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Served by an API server as its extension; nothing runs until `start`. */
export function createKubeVirt(options: KubeVirtOptions): KubeVirt {
  const { version = KUBEVIRT_VERSION } = options
  let controller: VmiController | undefined
  const started = () => {
    if (controller === undefined) throw new TypeError("the lab's KubeVirt was not started")
    return controller
  }
  return {
    kinds: [VMI, KUBEVIRT],
    admitCreate: (kind, object) =>
      // A status is not a user's to create: the operator's stands in for whatever came.
      kind.plural === VMI.plural ? admitVmi(object) : { ...object, status: kubeVirtStatus(version) },
    admitUpdate: (kind, object, old) => (kind.plural === VMI.plural ? admitVmiUpdate(object, old) : object),
    subresources: vmiSubresources(started),
    start(store) {
      if (controller !== undefined) throw new TypeError("the lab's KubeVirt runs already")
      controller = new VmiController({
        store,
        events: new EventRecorder(store),
        runtime: options.runtime,
        resolveImage: options.resolveImage,
        sleep: options.sleep ?? sleep,
        cpuShare: options.cpuShare,
        log: options.log ?? silentLogger,
        version,
        networkResourcesInjector: options.networkResourcesInjector ?? true,
        admitPod: options.admitPod ?? (() => undefined),
      })
    },
    async [Symbol.asyncDispose]() {
      await controller?.[Symbol.asyncDispose]()
    },
  }
}
