/** Finds objects in a namespace that this suite did not create. */
import { partTimeouts } from '../model/timeouts.ts'
import { type ApiResource, type Discovery, eachAtMost } from '../cluster/discovery.ts'
import { describeRef, type FoundMetadata, type Objects } from '../cluster/objects.ts'
import { describeError, InterruptedError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'

interface Item {
  readonly resource: ApiResource
  readonly metadata: FoundMetadata
}

/** What identifies an object as ours: its uid, or the object that it is generated from. */
export interface OwnObjects {
  readonly uids: ReadonlySet<string>
  /** Names of our SriovNetworks; the operator generates a NetworkAttachmentDefinition of the same name. */
  readonly networks: ReadonlySet<string>
}

export interface Contents {
  /** Objects that are not ours, in kubectl's notation. */
  readonly others: readonly string[]
  /** Kinds that could not be listed, with the reason. */
  readonly unknown: readonly string[]
}

/** How many kinds are listed concurrently. */
const AT_ONCE = 20

/** Kinds whose objects only show other objects, or past events. */
const VIEWS: ReadonlySet<string> = new Set([
  'events.',
  'events.events.k8s.io',
  'pods.metrics.k8s.io',
  'packagemanifests.packages.operators.coreos.com',
  'roles.authorization.openshift.io',
  'rolebindings.authorization.openshift.io',
  'rolebindingrestrictions.authorization.openshift.io',
  'appliedclusterresourcequotas.quota.openshift.io',
])

/** Objects that Kubernetes and OpenShift create in every namespace. */
const IN_EVERY_NAMESPACE: Readonly<Record<string, readonly string[]>> = {
  'configmaps.': ['kube-root-ca.crt', 'openshift-service-ca.crt'],
  'serviceaccounts.': ['default', 'builder', 'deployer'],
  'rolebindings.rbac.authorization.k8s.io': [
    'system:deployers',
    'system:image-builders',
    'system:image-pullers',
  ],
}

/** Label of objects that the SR-IOV operator generates from a SriovNetwork. */
const MADE_BY_OPERATOR = 'sriovnetwork.openshift.io/owner-ref'
/** Annotations of the secrets that OpenShift creates for service accounts; before 4.16 and since. */
const CREATED_BY = 'kubernetes.io/created-by'
const BY_OPENSHIFT = 'openshift.io/create-dockercfg-secrets'
const REGISTRY_ACCOUNT = 'openshift.io/internal-registry-auth-token.service-account'

/** Lists every kind that can be listed. @throws InterruptedError; a kind that fails otherwise counts as unknown */
export async function contentsOfOthers(
  { objects, discovery }: { readonly objects: Objects; readonly discovery: Discovery },
  namespace: string,
  ours: OwnObjects,
  limits: Limits,
): Promise<Contents> {
  const served = await discovery.listable(limits)
  const unknown = [...served.unknown]
  const resources = served.resources.filter((resource) => !VIEWS.has(nameOf(resource)))
  const listed = await eachAtMost(AT_ONCE, resources, async (resource): Promise<Item[]> => {
    try {
      const one = { ...limits, timeout: Math.min(partTimeouts.kind, limits.timeout) }
      const { items, hasMore } = await objects.list(resource, namespace, undefined, one)
      if (hasMore) unknown.push(`${nameOf(resource)} (too many for one answer)`)
      return items.map(({ metadata }) => ({ resource, metadata }))
    } catch (error) {
      if (error instanceof InterruptedError) throw error
      unknown.push(`${nameOf(resource)} (${describeError(error)})`)
      return []
    }
  })
  const others = withoutOurs(listed.flat(), ours)
  return {
    others: others.map(({ resource, metadata }) => describeRef({ resource, namespace, name: metadata.name })),
    unknown,
  }
}

function nameOf({ plural, group }: ApiResource): string {
  return `${plural}.${group}`
}

/** An object whose owners are all ours, or the cluster's, is deleted with them. */
function withoutOurs(items: readonly Item[], ours: OwnObjects): readonly Item[] {
  const known = new Set(ours.uids)
  let rest = items
  for (;;) {
    const others = rest.filter((item) => !isKnown(item, known, ours))
    if (others.length === rest.length) return others
    for (const item of rest) if (!others.includes(item)) known.add(item.metadata.uid)
    rest = others
  }
}

function isKnown(
  { resource, metadata }: Item,
  known: ReadonlySet<string>,
  { networks }: OwnObjects,
): boolean {
  const { name, uid, ownerReferences, annotations, labels } = metadata
  if (known.has(uid)) return true
  const owners = ownerReferences ?? []
  if (owners.length > 0 && owners.every((owner) => known.has(owner.uid))) return true
  const kind = nameOf(resource)
  if (IN_EVERY_NAMESPACE[kind]?.includes(name) === true) return true
  if (kind === 'network-attachment-definitions.k8s.cni.cncf.io')
    return networks.has(name) || annotations?.[MADE_BY_OPERATOR] !== undefined
  // Operators for all namespaces have a copy of their CSV in each of them.
  if (kind === 'clusterserviceversions.operators.coreos.com') return labels?.['olm.copiedFrom'] !== undefined
  if (kind !== 'secrets.') return false
  return annotations?.[CREATED_BY] === BY_OPENSHIFT || annotations?.[REGISTRY_ACCOUNT] !== undefined
}
