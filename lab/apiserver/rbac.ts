/** Role-based access control by the roles and bindings in the store, with kube-apiserver's error messages. */
import type { KubeObject, Store } from './contract.ts'
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './kinds.ts'
import type { RequestInfo } from './request-info.ts'
import { forbidden, forbiddenPath } from './status.ts'
import type { User } from './tokens.ts'

/** A request to authorize; `namespace` undefined: cluster-wide. */
export type AccessQuestion =
  | {
      readonly isResource: true
      readonly verb: string
      readonly group: string
      readonly plural: string
      readonly subresource: string
      readonly namespace: string | undefined
      readonly authorizedName: string
    }
  | { readonly isResource: false; readonly verb: string; readonly path: string }

/** PolicyRule of rbac.authorization.k8s.io/v1. */
export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

interface BoundRule {
  readonly rule: PolicyRule
  /** `RBAC: allowed by …`: the reason in a SelfSubjectAccessReview. */
  readonly reason: string
}

export interface Decision {
  readonly allowed: boolean
  readonly reason?: string
}

export class Authorizer {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  decide(user: User, question: AccessQuestion): Decision {
    if (user.groups.includes('system:masters')) return { allowed: true }
    const namespace = question.isResource ? question.namespace : undefined
    const allowing = this.#boundRules(user, namespace).find(({ rule }) => allows(rule, question))
    return allowing === undefined ? { allowed: false } : { allowed: true, reason: allowing.reason }
  }

  /** @throws StatusError 403 with kube-apiserver's message */
  authorize(user: User, request: RequestInfo): void {
    if (!this.decide(user, request).allowed) throw refusal(user, request)
  }

  /** All rules that apply to a user in a namespace. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    const everything: PolicyRule[] = user.groups.includes('system:masters')
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : []
    return [...everything, ...this.#boundRules(user, namespace).map(({ rule }) => rule)]
  }

  #boundRules(user: User, namespace: string | undefined): BoundRule[] {
    const bindings = [
      ...this.#store.list(CLUSTER_ROLE_BINDINGS),
      ...(namespace === undefined ? [] : this.#store.list(ROLE_BINDINGS, namespace)),
    ]
    return bindings.flatMap((binding) => this.#rulesOf(binding, user))
  }

  #rulesOf(binding: KubeObject, user: User): BoundRule[] {
    const subjects = (binding['subjects'] ?? []) as Subject[]
    const { namespace } = binding.metadata
    const subject = subjects.find((candidate) => isUser(candidate, user, namespace))
    if (subject === undefined) return []
    const { kind, name } = binding['roleRef'] as { kind: string; name: string }
    const role =
      kind === 'Role'
        ? this.#store.get(ROLES, namespace, name)
        : this.#store.get(CLUSTER_ROLES, undefined, name)
    const subjectName =
      subject.kind === 'ServiceAccount'
        ? `${subject.name}/${subject.namespace ?? namespace ?? ''}`
        : subject.name
    const bindingName =
      namespace === undefined ? binding.metadata.name : `${binding.metadata.name}/${namespace}`
    const reason =
      `RBAC: allowed by ${namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'} "${bindingName}" ` +
      `of ${kind} "${name}" to ${subject.kind} "${subjectName}"`
    return ((role?.['rules'] ?? []) as PolicyRule[]).map((rule) => ({ rule, reason }))
  }
}

/** Whether a subject is this user. A service account without a namespace is in the binding's namespace. */
function isUser(subject: Subject, user: User, bindingNamespace: string | undefined): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name
    case 'Group':
      return user.groups.includes(subject.name)
    case 'ServiceAccount': {
      const namespace = subject.namespace ?? bindingNamespace
      return namespace !== undefined && user.name === `system:serviceaccount:${namespace}:${subject.name}`
    }
    default:
      return false
  }
}

function allows(rule: PolicyRule, question: AccessQuestion): boolean {
  if (!has(rule.verbs, question.verb)) return false
  if (!question.isResource)
    return (rule.nonResourceURLs ?? []).some((pattern) =>
      pattern.endsWith('*') ? question.path.startsWith(pattern.slice(0, -1)) : pattern === question.path,
    )
  const { group, plural, subresource, authorizedName } = question
  const resource = subresource === '' ? plural : `${plural}/${subresource}`
  const named = rule.resourceNames ?? []
  return (
    has(rule.apiGroups ?? [], group) &&
    (has(rule.resources ?? [], resource) ||
      (subresource !== '' && (rule.resources ?? []).includes(`*/${subresource}`))) &&
    (named.length === 0 || (authorizedName !== '' && named.includes(authorizedName)))
  )
}

function has(list: readonly string[], item: string): boolean {
  return list.includes('*') || list.includes(item)
}

function refusal(user: User, request: RequestInfo): Error {
  const subject = `User "${user.name}" cannot ${request.verb}`
  if (!request.isResource) return forbiddenPath(`${subject} path "${request.path}"`)
  const { group, plural, subresource, namespace, authorizedName } = request
  const resource = subresource === '' ? plural : `${plural}/${subresource}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return forbidden(
    { group, plural },
    authorizedName,
    `${subject} resource "${resource}" in API group "${group}" ${where}`,
  )
}
