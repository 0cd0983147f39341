/** Plans a container: resolves its pod, its image and all objects they refer to for the runtime. */
import { join } from 'node:path'
import type { Store } from '../apiserver/contract.ts'
import { containerCommand } from './container-environment.ts'
import { ContainerLog } from './container-log.ts'
import { resourcesOf } from './container-resources.ts'
import type { ContainerPlan } from './container-runtime.ts'
import { securityOf } from './container-security.ts'
import type { LocalImage } from './local-image.ts'
import { podNetworks } from './pod-networks.ts'
import { type Credentials, type Mount, mountsOf, writeVolumes } from './volumes.ts'
import type { Container } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'

export interface PlanContext {
  readonly store: Store
  /** @throws Error if the pod's service account does not exist */
  readonly credentials: (pod: Pod) => Credentials
  /** Variables of every container: the address of the API server. */
  readonly clusterEnv: Readonly<Record<string, string>>
}

/**
 * Writes the pod's volumes to `folder`; has no other effect.
 * @throws ContainerConfigError, VolumeError, PodNetworkError if an object does not exist or is invalid
 */
export async function planContainer(
  { store, credentials, clusterEnv }: PlanContext,
  pod: Pod,
  container: Container,
  image: LocalImage,
  folder: string,
): Promise<ContainerPlan> {
  const networks = podNetworks(store, pod)
  const places = await writeVolumes(store, pod, credentials(pod), join(folder, 'volumes'))
  const folders = Object.entries(image.folders).map(([target, source]): Mount => ({
    kind: 'image',
    source,
    target,
    writable: false,
  }))
  const { name, namespace = '', uid = '' } = pod.metadata
  return {
    podUid: uid,
    podName: name,
    namespace,
    name: container.name,
    image: container.image,
    command: containerCommand(store, pod, container, image, clusterEnv),
    ...securityOf(pod, container, image),
    ...resourcesOf(pod, container),
    networks,
    mounts: [...folders, ...mountsOf(pod, container, places)],
    folder: join(folder, 'container'),
    log: new ContainerLog(),
  }
}
