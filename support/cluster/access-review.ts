/**
 * Which permissions an account has, by the API server's access reviews. One request returns its rules in a namespace,
 * but they may be incomplete (a webhook can grant more than the rules show): permissions they do not show are checked
 * one by one.
 */
import { z } from 'zod'
import type { Limits } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'

/** A verb on a resource, or on a subresource as `virtualmachineinstances/console`. */
export interface Permission {
  readonly verb: string
  /** Empty for the core group. */
  readonly group: string
  readonly resource: string
}

const ruleSchema = z.looseObject({
  verbs: z.array(z.string()).nullish(),
  apiGroups: z.array(z.string()).nullish(),
  resources: z.array(z.string()).nullish(),
  resourceNames: z.array(z.string()).nullish(),
})
type Rule = z.infer<typeof ruleSchema>
const rulesReviewSchema = z.looseObject({
  status: z.looseObject({ resourceRules: z.array(ruleSchema).nullish() }),
})
const accessReviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) })

export interface AskedPermissions {
  readonly required: readonly Permission[]
  /** Used if the account has all of them. They cost no request of their own. */
  readonly wished?: readonly Permission[]
}

export interface PermissionReview {
  /** The required permissions that the account lacks. */
  readonly missing: readonly Permission[]
  /** Whether the rules show all permissions that are wished for; an account may have more than its rules show. */
  readonly hasWished: boolean
}

/** @throws ApiError 403, 404 if reviews are not available */
export async function reviewPermissions(
  client: ApiClient,
  namespace: string,
  { required, wished = [] }: AskedPermissions,
  limits: Limits,
): Promise<PermissionReview> {
  const rules = await rulesIn(client, namespace, limits)
  const isShown = (permission: Permission) => rules.some((rule) => grants(rule, permission))
  const unshown = required.filter((permission) => !isShown(permission))
  const allowed = await Promise.all(
    unshown.map((permission) => isAllowed(client, namespace, permission, limits)),
  )
  return {
    missing: unshown.filter((_, index) => allowed[index] === false),
    hasWished: wished.every(isShown),
  }
}

/** Empty if the rules review is not available. */
async function rulesIn(client: ApiClient, namespace: string, limits: Limits): Promise<readonly Rule[]> {
  const body = { ...review('SelfSubjectRulesReview'), spec: { namespace } }
  const doing = `asking for the account's rules in namespace ${namespace}`
  try {
    const path = reviewsPath('selfsubjectrulesreviews')
    const answer = await client.send({ method: 'POST', path, body, doing }, limits)
    return readAnswer(rulesReviewSchema, answer, 'the review of rules').status.resourceRules ?? []
  } catch (error) {
    if (isApiError(error, 403, 404, 405)) return []
    throw error
  }
}

/** A rule with resourceNames grants neither creation nor access to all objects. */
function grants({ verbs, apiGroups, resources, resourceNames }: Rule, { verb, group, resource }: Permission) {
  if ((resourceNames ?? []).length > 0) return false
  const [, subresource] = resource.split('/')
  const has = (names: readonly string[] | null | undefined, ...wanted: readonly string[]) =>
    (names ?? []).some((name) => name === '*' || wanted.includes(name))
  return (
    has(verbs, verb) &&
    has(apiGroups, group) &&
    has(resources, resource, ...(subresource === undefined ? [] : [`*/${subresource}`]))
  )
}

async function isAllowed(
  client: ApiClient,
  namespace: string,
  { verb, group, resource: full }: Permission,
  limits: Limits,
): Promise<boolean> {
  const [resource, subresource] = full.split('/')
  const resourceAttributes = {
    namespace,
    verb,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
  }
  const body = { ...review('SelfSubjectAccessReview'), spec: { resourceAttributes } }
  const doing = `asking whether ${verb} ${full} is allowed`
  const path = reviewsPath('selfsubjectaccessreviews')
  const answer = await client.send({ method: 'POST', path, body, doing }, limits)
  return readAnswer(accessReviewSchema, answer, `the review of ${verb} ${full}`).status.allowed
}

function review(kind: string): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: 'authorization.k8s.io/v1', kind }
}

function reviewsPath(plural: string): string {
  return apiPath('apis', 'authorization.k8s.io', 'v1', plural)
}
