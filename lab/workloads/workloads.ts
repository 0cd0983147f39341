/** Jobs, Deployments and pods of the lab: what the API server is extended with, the controllers and pod workers behind it. */
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

/** The API server as pods reach it: over TLS, as in a cluster. */
export interface ClusterAccess {
  readonly store: Store
  readonly url: string
  /** PEM of the certificate to trust. */
  readonly certificate: string
  /** A pod's bearer token for `system:serviceaccount:NAMESPACE:NAME`. @throws Error where there is no such account */
  readonly token: (user: string, pod: { readonly name: string; readonly uid: string }) => string
  /** A controller's new pod as it is to be stored. @throws StatusError where it is refused */
  readonly admitPod: (pod: KubeObject) => KubeObject
}

export interface WorkloadsOptions {
  readonly findImage: FindImage
  /** Where pods' files are while they run. */
  readonly folder: string
  /** What runs the containers of a node; processes of this machine where it is not given. */
  readonly runtimes?: (nodeName: string) => ContainerRuntime
  /** Timers of back-offs and deadlines; tests have their own. */
  readonly sleep?: Sleep
  readonly log?: Logger
}

export interface Workloads extends ApiExtension, AsyncDisposable {
  /** Begins to look after the Jobs, Deployments and pods of a cluster, those already there and those to come. */
  start(cluster: ClusterAccess): Promise<void>
  /** Ends every container at once. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Served by an API server as its extension; nothing runs until `start`. */
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
        ...{ store, events, folder, credentials, sleep: timer },
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
