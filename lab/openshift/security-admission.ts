/**
 * Admits a pod under the first security context constraint that its user or account may use and that it satisfies;
 * otherwise refuses it.
 */
import type { KubeObject, Store, User } from '../apiserver/contract.ts'
import { CLUSTER_ROLES, NAMESPACES, PODS } from '../apiserver/kinds.ts'
import { Authorizer } from '../apiserver/rbac.ts'
import { forbidden } from '../apiserver/status.ts'
import { serviceAccountUser } from '../apiserver/tokens.ts'
import { type Constraint, DEFAULT_CONSTRAINTS } from './constraints.ts'
import { SECURITY_CONTEXT_CONSTRAINTS } from './openshift-kinds.ts'

/** A namespace's annotations with the uids and groups of its pods: `FIRST/COUNT`. */
const UID_RANGE = 'openshift.io/sa.scc.uid-range'
const GROUPS = 'openshift.io/sa.scc.supplemental-groups'
const FIRST_UID = 1_000_650_000
const UIDS = 10_000

interface SecurityContext {
  readonly runAsUser?: number
  readonly runAsNonRoot?: boolean
  readonly fsGroup?: number
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
}

interface PodSpec {
  readonly serviceAccountName?: string
  readonly securityContext?: SecurityContext
  readonly containers: readonly { readonly securityContext?: SecurityContext }[]
}

/** Creates the constraints, and for each the role that permits its use: `system:openshift:scc:NAME`. */
export function createConstraints(store: Store): void {
  for (const constraint of DEFAULT_CONSTRAINTS) {
    const { name } = constraint.metadata
    store.create(SECURITY_CONTEXT_CONSTRAINTS, constraint)
    store.create(CLUSTER_ROLES, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `system:openshift:scc:${name}` },
      rules: [
        {
          apiGroups: ['security.openshift.io'],
          resources: ['securitycontextconstraints'],
          resourceNames: [name],
          verbs: ['use'],
        },
      ],
    })
  }
}

/** Assigns a range of uids to each namespace, like OpenShift's controller. Returns the function that stops it. */
export function allocateUids(store: Store): () => void {
  let next = FIRST_UID
  const annotate = (namespace: KubeObject) => {
    if (namespace.metadata.annotations?.[UID_RANGE] !== undefined) return
    const range = `${next}/${UIDS}`
    next += UIDS
    const annotations = { ...namespace.metadata.annotations, [UID_RANGE]: range, [GROUPS]: range }
    store.update(NAMESPACES, { ...namespace, metadata: { ...namespace.metadata, annotations } })
  }
  for (const namespace of store.list(NAMESPACES)) annotate(namespace)
  return store.onChange(NAMESPACES, ({ type, object }) => {
    // The event's object may be outdated.
    const current = type === 'ADDED' ? store.get(NAMESPACES, undefined, object.metadata.name) : undefined
    if (current !== undefined) annotate(current)
  })
}

/** Returns the pod to store. @throws StatusError 403 with the reasons of all constraints */
export function admitSecurity(store: Store, pod: KubeObject, user: User): KubeObject {
  const { namespace = '', name } = pod.metadata
  const spec = pod['spec'] as PodSpec
  const account = serviceAccountUser(namespace, spec.serviceAccountName ?? 'default')
  const authorizer = new Authorizer(store)
  const question = (constraint: string) => ({
    isResource: true as const,
    verb: 'use',
    group: 'security.openshift.io',
    namespace,
    plural: 'securitycontextconstraints',
    subresource: '',
    authorizedName: constraint,
  })
  const mayUse = (constraint: Constraint) =>
    [user, account].some(
      (who) =>
        constraint.users.includes(who.name) ||
        constraint.groups.some((group) => who.groups.includes(group)) ||
        authorizer.decide(who, question(constraint.metadata.name)).allowed,
    )
  const range = rangeOf(store, namespace)
  const reasons: string[] = []
  for (const constraint of constraintsOf(store)) {
    const title = constraint.metadata.name
    if (!mayUse(constraint)) {
      reasons.push(`provider "${title}": Forbidden: not usable by user or serviceaccount`)
      continue
    }
    const violations = violationsOf(constraint, spec, range)
    if (violations.length === 0) return underConstraint(pod, constraint, range)
    reasons.push(...violations.map((violation) => `provider ${title}: ${violation}`))
  }
  throw forbidden(
    PODS,
    name,
    `unable to validate against any security context constraint: [${reasons.join(', ')}]`,
  )
}

/** All constraints in the order of their evaluation. */
function constraintsOf(store: Store): Constraint[] {
  const rank = new Map(DEFAULT_CONSTRAINTS.map(({ metadata }, index) => [metadata.name, index]))
  const place = ({ metadata }: KubeObject) => rank.get(metadata.name) ?? DEFAULT_CONSTRAINTS.length
  return store
    .list(SECURITY_CONTEXT_CONSTRAINTS)
    .map((object) => object as Constraint)
    .sort((left, right) => (right.priority ?? 0) - (left.priority ?? 0) || place(left) - place(right))
}

interface Range {
  readonly first: number
  readonly last: number
}

function rangeOf(store: Store, namespace: string): Range {
  const annotations = store.get(NAMESPACES, undefined, namespace)?.metadata.annotations
  const [first = FIRST_UID, size = UIDS] = (annotations?.[UID_RANGE] ?? '').split('/').map(Number)
  return { first, last: first + size - 1 }
}

function violationsOf(constraint: Constraint, spec: PodSpec, { first, last }: Range): string[] {
  const violations: string[] = []
  const ofPod = spec.securityContext ?? {}
  if (constraint.fsGroup.type === 'MustRunAs' && ofPod.fsGroup !== undefined && ofPod.fsGroup !== first)
    violations.push(
      `.spec.securityContext.fsGroup: Invalid value: []int64{${ofPod.fsGroup}}: ${ofPod.fsGroup} is not an allowed group`,
    )
  for (const [index, { securityContext = {} }] of spec.containers.entries()) {
    const say = (field: string, value: unknown, why: string) =>
      violations.push(`.containers[${index}].${field}: Invalid value: ${JSON.stringify(value)}: ${why}`)
    const uid = securityContext.runAsUser ?? ofPod.runAsUser
    const { type } = constraint.runAsUser
    if (type === 'MustRunAsRange' && uid !== undefined && (uid < first || uid > last))
      violations.push(
        `.containers[${index}].runAsUser: Invalid value: ${uid}: must be in the ranges: [${first}, ${last}]`,
      )
    if (type === 'MustRunAsNonRoot' && uid === 0)
      say('runAsUser', uid, 'running with the root UID is forbidden')
    if (securityContext.privileged === true && !constraint.allowPrivilegedContainer)
      say('privileged', true, 'Privileged containers are not allowed')
    if (!constraint.allowedCapabilities.includes('*'))
      for (const capability of securityContext.capabilities?.add ?? [])
        if (!constraint.allowedCapabilities.includes(capability))
          say('capabilities.add', capability, 'capability may not be added')
    if (securityContext.allowPrivilegeEscalation === true && !constraint.allowPrivilegeEscalation)
      say('allowPrivilegeEscalation', true, 'Allowing privilege escalation for containers is not allowed')
  }
  return violations
}

/** Adds the constraint's defaults to the pod's security contexts, and its name in an annotation. */
function underConstraint(pod: KubeObject, constraint: Constraint, { first }: Range): KubeObject {
  const spec = structuredClone(pod['spec']) as PodSpec
  const isRanged = constraint.runAsUser.type === 'MustRunAsRange'
  const containers = spec.containers.map((container) => {
    const { securityContext = {} } = container
    const { add, drop = [] } = securityContext.capabilities ?? {}
    const dropped = [...new Set([...drop, ...constraint.requiredDropCapabilities])]
    const capabilities = { ...(add === undefined ? {} : { add }), drop: dropped }
    return {
      ...container,
      securityContext: {
        ...(constraint.allowPrivilegeEscalation ? {} : { allowPrivilegeEscalation: false }),
        ...(isRanged && spec.securityContext?.runAsUser === undefined ? { runAsUser: first } : {}),
        ...securityContext,
        ...(dropped.length === 0 && add === undefined ? {} : { capabilities }),
      },
    }
  })
  const fsGroup = constraint.fsGroup.type === 'MustRunAs' ? { fsGroup: first } : {}
  const annotations = { ...pod.metadata.annotations, 'openshift.io/scc': constraint.metadata.name }
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...spec, securityContext: { ...fsGroup, ...spec.securityContext }, containers },
  }
}
