/** The lab's Jobs, Deployments and pods: the API server's extension, the controllers and the pod workers. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, silentLogger } from '../../support/common/logger.ts'
import type { ApiExtension, KubeObject, Store } from '../apiserver/contract.ts'
import { EventRecorder } from '../nodes/events.ts'
import { sleep, type Sleep } from '../nodes/lab-clock.ts'
import type { ContainerRuntime } from './container-runtime.ts'
import { DeploymentController } from './deployment-controller.ts'
import { chooseIsolation } from './container-isolation.ts'
import { JobController } from './job-controller.ts'
import { PodWorkers, podGracePeriod } from './pod-workers.ts'
import type { FindImage } from './local-image.ts'
import { podExec } from './pod-exec.ts'
import { podLog } from './pod-log.ts'
import { ReplicaSetController } from './replica-set-controller.ts'
import type { Credentials } from './volumes.ts'
import { asPod, type Pod } from '../nodes/pod.ts'

/** Access of pods and controllers to the API server. As in a cluster, pods use TLS. */
export interface ClusterAccess {
  readonly store: Store
  readonly url: string
  /** The certificate that pods must trust, in PEM. */
  readonly certificate: string
  /** A pod's token for `system:serviceaccount:NAMESPACE:NAME`. @throws Error if the account does not exist */
  readonly token: (user: string, pod: { readonly name: string; readonly uid: string }) => string
  /** Admits a pod that a controller creates; returns the pod to store. @throws StatusError if it is refused */
  readonly admitPod: (pod: KubeObject) => KubeObject
}

export interface WorkloadsOptions {
  readonly findImage: FindImage
  /** The folder of all pods' files. */
  readonly folder: string
  /** The container runtime of a node. Default: processes of this machine. */
  readonly runtimes?: (nodeName: string) => ContainerRuntime
  /** Timers of back-offs and deadlines; tests replace them. */
  readonly sleep?: Sleep
  readonly log?: Logger
}

export interface Workloads extends ApiExtension, AsyncDisposable {
  /** Starts the controllers and pod workers of a cluster's Jobs, Deployments and pods, existing and new ones. */
  start(cluster: ClusterAccess): Promise<void>
  /** Kills all containers. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Creates the API server's extension; nothing runs before `start`. */
export function createWorkloads(options: WorkloadsOptions): Workloads {
  let running:
    | { readonly store: Store; readonly workers: PodWorkers; readonly controllers: readonly Disposable[] }
    | undefined
  const started = () => {
    if (running === undefined) throw new TypeError("the lab's nodes were not started")
    return running
  }
  return {
    kinds: [],
    subresources: [
      podLog(
        () => started().store,
        (...which) => started().workers.logOf(...which),
      ),
      ...podExec(
        () => started().store,
        (...which) => started().workers.runningContainer(...which),
      ),
    ],
    gracePeriodOf: (kind, object) => (kind.plural === 'pods' ? podGracePeriod(asPod(object)) : undefined),
    async start({ store, url, certificate, token, admitPod }) {
      if (running !== undefined) throw new TypeError("the lab's nodes run already")
      const events = new EventRecorder(store)
      const timer = options.sleep ?? sleep
      const folder = join(options.folder, 'pods')
      await mkdir(folder, { recursive: true })
      const { hostname, port } = new URL(url)
      const credentials = ({ metadata, spec }: Pod): Credentials => {
        const { name, namespace = '', uid = '' } = metadata
        const user = `system:serviceaccount:${namespace}:${spec.serviceAccountName ?? 'default'}`
        return { token: token(user, { name, uid }), certificate }
      }
      const runtimes = options.runtimes ?? constant(await chooseIsolation(options.folder))
      const workers = new PodWorkers({
        store,
        events,
        folder,
        credentials,
        sleep: timer,
        findImage: options.findImage,
        runtimes,
        log: options.log ?? silentLogger,
        clusterEnv: {
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: port,
          KUBERNETES_SERVICE_PORT_HTTPS: port,
        },
      })
      const context = { store, events, sleep: timer, admitPod }
      const controllers = [
        new JobController(context),
        new ReplicaSetController(context),
        new DeploymentController(context),
      ]
      running = { store, workers, controllers }
    },
    async [Symbol.asyncDispose]() {
      for (const controller of running?.controllers ?? []) controller[Symbol.dispose]()
      await running?.workers[Symbol.asyncDispose]()
    },
  }
}

function constant<T>(value: T): () => T {
  return () => value
}
