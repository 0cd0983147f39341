/** The lab's KubeVirt: its API extension and its controller. */
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
  /** The caller disposes it, after KubeVirt. */
  readonly runtime: GuestRuntime
  readonly resolveImage: ResolveImage
  readonly log?: Logger
  /** KubeVirt's version, which is also the tag of the launcher's image. */
  readonly version?: string
  /** Default: true. False: like a cluster without the SR-IOV network-resources-injector, no pod requests VFs. */
  readonly networkResourcesInjector?: boolean
  /** Further admission of launcher pods, such as a quota or Pod Security; throws to refuse a pod. Default: none. */
  readonly admitPod?: (pod: KubeObject) => void
  /** Options of the CPU share annotation of VMIs with real guests; undefined: no annotation. */
  readonly cpuShare?: CpuShareOptions
  /** Timers of probes and back-offs; tests replace them. */
  readonly sleep?: Sleep
}

export interface KubeVirt extends ApiExtension, AsyncDisposable {
  /** Starts the controller of the VMIs in a store, existing and new ones. */
  start(store: Store): void
  /** Ends every guest and stops following the store. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Creates the API server's extension; nothing runs before `start`. */
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
      // A user cannot set a KubeVirt object's status: the operator's replaces it.
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
