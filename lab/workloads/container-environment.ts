/** A container's environment and command, from its spec and the objects it refers to, as the kubelet resolves them. */
import type { Store } from '../apiserver/contract.ts'
import { CONFIG_MAPS, SECRETS } from '../apiserver/kinds.ts'
import type { LocalImage } from './local-image.ts'
import type { Container, EnvVar, KeyRef } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'

/** An object that a container's configuration refers to does not exist (yet). The message is the kubelet's. */
export class ContainerConfigError extends Error {}

export interface ContainerCommand {
  readonly args: readonly string[]
  readonly workingDir: string
  readonly env: Readonly<Record<string, string>>
}

type Variables = Record<string, string>

/**
 * @param cluster variables of every container: the address of the API server
 * @throws ContainerConfigError
 */
export function containerCommand(
  store: Store,
  pod: Pod,
  container: Container,
  image: LocalImage,
  cluster: Readonly<Variables>,
): ContainerCommand {
  const hostname =
    pod.spec.hostNetwork === true
      ? (pod.spec.nodeName ?? '')
      : (pod.spec.hostname ?? pod.metadata.name.slice(0, 63))
  const own = ownVariables(store, pod, container, cluster)
  const expand = (args: readonly string[]) =>
    args.map((argument) => expanded(argument, { ...cluster, ...own }))
  // `command` replaces the image's entry point and its arguments; `args` alone replaces only the arguments.
  const { command, args = [] } = container
  return {
    args: [...(command === undefined ? image.entrypoint : expand(command)), ...expand(args)],
    workingDir: container.workingDir ?? image.workingDir,
    env: { ...image.env, HOSTNAME: hostname, ...cluster, ...own },
  }
}

function ownVariables(store: Store, pod: Pod, container: Container, cluster: Readonly<Variables>): Variables {
  const variables: Variables = {}
  const namespace = pod.metadata.namespace ?? ''
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data =
      configMapRef === undefined
        ? secretRef && secretData(store, namespace, secretRef.name, secretRef.optional)
        : configMapData(store, namespace, configMapRef.name, configMapRef.optional)
    for (const [key, value] of Object.entries(data ?? {})) variables[prefix + key] = value
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(store, pod, variable, { ...cluster, ...variables })
    if (value !== undefined) variables[variable.name] = value
  }
  return variables
}

function valueOf(store: Store, pod: Pod, variable: EnvVar, known: Variables): string | undefined {
  const { value = '', valueFrom } = variable
  const namespace = pod.metadata.namespace ?? ''
  if (valueFrom === undefined) return expanded(value, known)
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return fieldOf(pod, fieldRef.fieldPath)
  if (configMapKeyRef !== undefined)
    return keyOf(
      'ConfigMap',
      namespace,
      configMapKeyRef,
      configMapData(store, namespace, configMapKeyRef.name, configMapKeyRef.optional),
    )
  if (secretKeyRef !== undefined)
    return keyOf(
      'Secret',
      namespace,
      secretKeyRef,
      secretData(store, namespace, secretKeyRef.name, secretKeyRef.optional),
    )
  throw new ContainerConfigError(
    `the lab has no resources of containers to refer to (variable ${variable.name})`,
  )
}

function keyOf(
  kind: string,
  namespace: string,
  ref: KeyRef,
  data: Variables | undefined,
): string | undefined {
  const value = data?.[ref.key]
  if (value !== undefined || ref.optional === true) return value
  throw new ContainerConfigError(`couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`)
}

export function configMapData(
  store: Store,
  namespace: string,
  name: string,
  optional = false,
): Variables | undefined {
  const found = store.get(CONFIG_MAPS, namespace, name)
  if (found === undefined && !optional) throw new ContainerConfigError(`configmap "${name}" not found`)
  return found?.['data'] as Variables | undefined
}

export function secretData(
  store: Store,
  namespace: string,
  name: string,
  optional = false,
): Variables | undefined {
  const found = store.get(SECRETS, namespace, name)
  if (found === undefined && !optional) throw new ContainerConfigError(`secret "${name}" not found`)
  const data = (found?.['data'] ?? {}) as Variables
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

/** The value of a pod's field by its path, such as `metadata.labels['app']`. @throws ContainerConfigError */
export function fieldOf(pod: Pod, path: string): string {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (map === 'labels' || map === 'annotations') return pod.metadata[map]?.[key] ?? ''
  const fields: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
    'metadata.name': ({ metadata }) => metadata.name,
    'metadata.namespace': ({ metadata }) => metadata.namespace,
    'metadata.uid': ({ metadata }) => metadata.uid,
    'spec.nodeName': ({ spec }) => spec.nodeName,
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName,
    'status.hostIP': ({ status }) => status.hostIP,
    'status.podIP': ({ status }) => status.podIP,
  }
  const read = fields[path]
  if (read === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${path}`)
  return read(pod) ?? ''
}

/** Replaces `$(NAME)` by the variable's value if it exists, and `$$` by `$`. */
function expanded(text: string, variables: Readonly<Variables>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, escaped: string, name: string | undefined) =>
    escaped === '$' ? '$' : (variables[name ?? ''] ?? whole),
  )
}
