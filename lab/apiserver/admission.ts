/** Admission, after decoding and before storing: defaults and checks of the built-in kinds, then of extensions. */
import type { ApiExtension, KubeObject, ResourceKind, Store } from './contract.ts'
import { NAMESPACES, PODS, RUNTIME_CLASSES, SERVICE_ACCOUNTS } from './kinds.ts'
import type { MemoryStore } from './memory-store.ts'
import { generateName } from './object-metadata.ts'
import { badRequest, forbidden, notFound } from './status.ts'
import { validateCreate, validateUpdate } from './validation.ts'
import type { User } from './tokens.ts'
import { jobWithDefaults, podWithDefaults, replicatedWithDefaults } from './workload-defaults.ts'

export class Admission {
  readonly #store: MemoryStore
  readonly #extensions: readonly ApiExtension[]

  constructor(store: MemoryStore, extensions: readonly ApiExtension[]) {
    this.#store = store
    this.#extensions = extensions
  }

  /** Returns the object with its defaults, ready to be stored. @throws StatusError 400, 403, 404, 422 */
  create(kind: ResourceKind, object: KubeObject, namespace: string | undefined, user: User): KubeObject {
    const { metadata } = object
    const isUnnamed = metadata.name === '' && metadata.generateName !== undefined
    // Until the name is generated, error messages use its prefix.
    if (isUnnamed) metadata.name = metadata.generateName ?? ''
    if (kind.namespaced) {
      if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace)
        throw namespaceMismatch()
      metadata.namespace = namespace ?? ''
      this.#checkNamespace(kind, metadata.namespace, metadata.name)
    }
    const complete = withDefaults(kind, object)
    const defaulted = kind.plural === 'pods' ? this.#admitPod(complete, user) : complete
    if (isUnnamed) defaulted.metadata.name = generateName(metadata.name)
    validateCreate(kind, defaulted)
    for (const extension of this.#extensions) extension.admitAny?.(kind, defaulted)
    return this.#extensionFor(kind)?.admitCreate?.(kind, defaulted) ?? defaulted
  }

  /** Returns the object with its defaults, ready to replace `stored`. @throws StatusError 422 */
  update(kind: ResourceKind, object: KubeObject, stored: KubeObject): KubeObject {
    const defaulted = withDefaults(kind, object, stored)
    validateUpdate(kind, defaulted, stored)
    return this.#extensionFor(kind)?.admitUpdate?.(kind, defaulted, stored) ?? defaulted
  }

  #admitPod(pod: KubeObject, user: User): KubeObject {
    checkServiceAccount(this.#store, pod)
    checkRuntimeClass(this.#store, pod)
    return this.#extensions.reduce((next, extension) => extension.admitPod?.(next, user) ?? next, pod)
  }

  #extensionFor(kind: ResourceKind): ApiExtension | undefined {
    return this.#extensions.find(({ kinds }) =>
      kinds.some((own) => own.group === kind.group && own.plural === kind.plural),
    )
  }

  #checkNamespace(kind: ResourceKind, namespace: string, name: string): void {
    const found = this.#store.get(NAMESPACES, undefined, namespace)
    if (found === undefined) throw notFound(NAMESPACES, namespace)
    if (found.metadata.deletionTimestamp === undefined) return
    throw forbidden(
      kind,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    )
  }
}

/** @throws StatusError 403 if the pod's service account does not exist */
function checkServiceAccount(store: Store, pod: KubeObject): void {
  const { serviceAccountName = 'default' } = (pod['spec'] ?? {}) as { serviceAccountName?: string }
  const { namespace = '', name } = pod.metadata
  if (store.get(SERVICE_ACCOUNTS, namespace, serviceAccountName) !== undefined) return
  throw forbidden(
    PODS,
    name,
    `error looking up service account ${namespace}/${serviceAccountName}: serviceaccount "${serviceAccountName}" not found`,
  )
}

/** @throws StatusError 403 if the pod's RuntimeClass does not exist */
function checkRuntimeClass(store: Store, pod: KubeObject): void {
  const { runtimeClassName = '' } = (pod['spec'] ?? {}) as { runtimeClassName?: string }
  if (runtimeClassName === '' || store.get(RUNTIME_CLASSES, undefined, runtimeClassName) !== undefined) return
  throw forbidden(PODS, pod.metadata.name, `pod rejected: RuntimeClass "${runtimeClassName}" not found`)
}

export function namespaceMismatch(): Error {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

function withDefaults(kind: ResourceKind, object: KubeObject, stored?: KubeObject): KubeObject {
  const copy = withoutNulls(object)
  // If a kind has a status subresource, only that subresource can change the status.
  if (kind.hasStatus === true && (kind.custom || stored !== undefined)) {
    delete copy['status']
    if (stored !== undefined && 'status' in stored) copy['status'] = stored['status']
  }
  switch (kind.plural) {
    case 'namespaces':
      if (stored !== undefined) return { ...copy, spec: copy['spec'] ?? stored['spec'] }
      copy.metadata.labels = { ...copy.metadata.labels, 'kubernetes.io/metadata.name': copy.metadata.name }
      return { ...copy, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
    case 'secrets':
      return secretWithDefaults(copy)
    case 'jobs':
      return jobWithDefaults(copy)
    case 'deployments':
    case 'replicasets':
      return replicatedWithDefaults(copy)
    case 'pods':
      return stored === undefined ? podWithDefaults(copy) : copy
    case 'rolebindings':
    case 'clusterrolebindings':
      return bindingWithDefaults(copy)
    default:
      return copy
  }
}

/** Removes top-level fields that are null: the API treats them as absent. */
function withoutNulls(object: KubeObject): KubeObject {
  const entries = Object.entries<unknown>(object).filter(([, value]) => value !== null)
  return { ...(Object.fromEntries(entries) as KubeObject), metadata: { ...object.metadata } }
}

function secretWithDefaults(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret as KubeObject & { stringData?: Record<string, string> }
  const encoded = Object.entries(stringData ?? {}).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value).toString('base64'),
  ])
  const given = rest['data'] as Record<string, string> | undefined
  const data: Record<string, string> = { ...given, ...Object.fromEntries(encoded) }
  return { ...rest, ...(Object.keys(data).length > 0 ? { data } : {}), type: rest['type'] ?? 'Opaque' }
}

interface Subject {
  kind: string
  apiGroup?: string
}

function bindingWithDefaults(binding: KubeObject): KubeObject {
  const apiGroup = 'rbac.authorization.k8s.io'
  const subjects = (binding['subjects'] as Subject[] | undefined)?.map((subject) =>
    subject.kind === 'ServiceAccount' ? subject : { apiGroup, ...subject },
  )
  return {
    ...binding,
    roleRef: { apiGroup, ...(binding['roleRef'] as object | undefined) },
    ...(subjects === undefined ? {} : { subjects }),
  }
}
