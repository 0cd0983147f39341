/** Writes a pod's volumes to folders of this machine, which are mounted into its containers. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import type { Store } from '../apiserver/contract.ts'
import { configMapData, ContainerConfigError, fieldOf, secretData } from './container-environment.ts'
import type { Container, Volume } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'

/** A pod's credentials for the API server. */
export interface Credentials {
  readonly token: string
  /** The certificate of the API server's CA, in PEM. */
  readonly certificate: string
}

/** A folder of the image; files from the API; an emptyDir; an emptyDir with medium HugePages. */
export type MountKind = 'image' | 'files' | 'emptyDir' | 'hugepages'

export interface Mount {
  readonly kind: MountKind
  /** For `hugepages`, such as `1Gi`; empty: the page size of the container's limit. */
  readonly pageSize?: string
  /** A folder or file of this machine. */
  readonly source: string
  readonly target: string
  readonly writable: boolean
}

interface Item {
  readonly key: string
  readonly path: string
}

/** An object that a volume refers to does not exist (yet). The message is the kubelet's. */
export class VolumeError extends Error {}

/** Writes the volumes to `folder`. Returns volume name → folder. @throws VolumeError */
export async function writeVolumes(
  store: Store,
  pod: Pod,
  credentials: Credentials,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>()
  for (const volume of pod.spec.volumes ?? []) {
    const place = join(folder, volume.name)
    await mkdir(place, { recursive: true })
    await chmod(place, volume.emptyDir === undefined ? 0o755 : 0o777)
    for (const [path, text] of Object.entries(
      mounted(volume, () => contentsOf(store, pod, credentials, volume)),
    )) {
      const file = join(place, normalize(join('/', path)))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      await chmod(file, 0o644)
    }
    places.set(volume.name, place)
  }
  return places
}

function mounted<T>({ name }: Volume, contents: () => T): T {
  try {
    return contents()
  } catch (error) {
    if (!(error instanceof ContainerConfigError)) throw error
    throw new VolumeError(`MountVolume.SetUp failed for volume "${name}" : ${error.message}`)
  }
}

/** A container's volume mounts. @throws ContainerConfigError for a volume that the pod does not have */
export function mountsOf(pod: Pod, container: Container, places: ReadonlyMap<string, string>): Mount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
    const source = places.get(name)
    const volume = pod.spec.volumes?.find((one) => one.name === name)
    if (source === undefined || volume === undefined)
      throw new ContainerConfigError(`there is no volume ${name} to mount`)
    return { ...kindOf(volume), source, target: mountPath, writable: readOnly !== true }
  })
}

function kindOf({ emptyDir }: Volume): Pick<Mount, 'kind' | 'pageSize'> {
  if (emptyDir === undefined) return { kind: 'files' }
  const [isHuge, pageSize = ''] = /^HugePages(?:-(.+))?$/.exec(emptyDir.medium ?? '') ?? []
  return isHuge === undefined ? { kind: 'emptyDir' } : { kind: 'hugepages', pageSize }
}

function contentsOf(
  store: Store,
  pod: Pod,
  credentials: Credentials,
  volume: Volume,
): Record<string, string> {
  const namespace = pod.metadata.namespace ?? ''
  const { emptyDir, configMap, secret, projected, name } = volume
  if (emptyDir !== undefined) return {}
  if (configMap !== undefined)
    return configMapData(store, namespace, configMap.name, configMap.optional) ?? {}
  if (secret !== undefined) return secretData(store, namespace, secret.secretName, secret.optional) ?? {}
  if (projected === undefined) throw new ContainerConfigError(`the lab has no volumes of the kind of ${name}`)
  const parts = projected.sources.map((source) => projection(store, pod, credentials, source))
  return Object.assign({}, ...parts) as Record<string, string>
}

function projection(
  store: Store,
  pod: Pod,
  { token, certificate }: Credentials,
  source: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const namespace = pod.metadata.namespace ?? ''
  const { serviceAccountToken, configMap, secret, downwardAPI } = source as {
    serviceAccountToken?: { path: string }
    configMap?: { name: string; items?: Item[]; optional?: boolean }
    secret?: { name: string; items?: Item[]; optional?: boolean }
    downwardAPI?: { items?: { path: string; fieldRef?: { fieldPath: string } }[] }
  }
  if (serviceAccountToken !== undefined) return { [serviceAccountToken.path]: token }
  // In a real cluster, every namespace has this ConfigMap; the lab's API server does not.
  if (configMap?.name === 'kube-root-ca.crt') return selected({ 'ca.crt': certificate }, configMap.items)
  if (configMap !== undefined)
    return selected(
      configMapData(store, namespace, configMap.name, configMap.optional) ?? {},
      configMap.items,
    )
  if (secret !== undefined)
    return selected(secretData(store, namespace, secret.name, secret.optional) ?? {}, secret.items)
  const fields = (downwardAPI?.items ?? []).map(({ path, fieldRef }) => [
    path,
    fieldOf(pod, fieldRef?.fieldPath ?? ''),
  ])
  return Object.fromEntries(fields) as Record<string, string>
}

function selected(data: Readonly<Record<string, string>>, items?: readonly Item[]): Record<string, string> {
  if (items === undefined) return { ...data }
  return Object.fromEntries(items.map(({ key, path }) => [path, data[key] ?? '']))
}
