/** Create requests that store nothing: access reviews, SelfSubjectReviews and service account tokens. */
import { type Authorizer, type AccessQuestion } from './rbac.ts'
import { SERVICE_ACCOUNTS } from './kinds.ts'
import type { MemoryStore } from './memory-store.ts'
import { badRequest, invalid, notFound } from './status.ts'
import type { Tokens, User } from './tokens.ts'
import { timestamp } from './timestamp.ts'

interface ReviewBody {
  spec?: {
    namespace?: string
    resourceAttributes?: ResourceAttributes | null
    nonResourceAttributes?: { path?: string; verb?: string } | null
    expirationSeconds?: number
    audiences?: string[]
  }
}

interface ResourceAttributes {
  namespace?: string
  verb?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  name?: string
}

const AUTHORIZATION = 'authorization.k8s.io'
const AUTHENTICATION = 'authentication.k8s.io'
const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'
const SHORTEST_TOKEN_SECONDS = 600

export class Reviews {
  readonly #store: MemoryStore
  readonly #authorizer: Authorizer
  readonly #tokens: Tokens

  constructor(store: MemoryStore, authorizer: Authorizer, tokens: Tokens) {
    this.#store = store
    this.#authorizer = authorizer
    this.#tokens = tokens
  }

  /** The review with its status; undefined if the resource is not a review. @throws StatusError 422 */
  answer(group: string, version: string, plural: string, body: object, user: User): object | undefined {
    if (version !== 'v1') return undefined
    const { spec = {} } = body as ReviewBody
    if (group === AUTHORIZATION && plural === 'selfsubjectaccessreviews')
      return this.#accessReview(spec, user)
    if (group === AUTHORIZATION && plural === 'selfsubjectrulesreviews') return this.#rulesReview(spec, user)
    if (group === AUTHENTICATION && plural === 'selfsubjectreviews') return subjectReview(user)
    return undefined
  }

  #accessReview(spec: NonNullable<ReviewBody['spec']>, user: User): object {
    const question = questionOf(spec)
    const { allowed, reason } = this.#authorizer.decide(user, question)
    return {
      kind: 'SelfSubjectAccessReview',
      apiVersion: `${AUTHORIZATION}/v1`,
      metadata: {},
      spec,
      status: { allowed, ...(reason === undefined ? {} : { reason }) },
    }
  }

  #rulesReview({ namespace }: NonNullable<ReviewBody['spec']>, user: User): object {
    if (!namespace) throw badRequest('no namespace on request')
    const rules = this.#authorizer.rulesFor(user, namespace)
    return {
      kind: 'SelfSubjectRulesReview',
      apiVersion: `${AUTHORIZATION}/v1`,
      metadata: {},
      spec: {},
      status: {
        resourceRules: rules.filter(({ resources }) => resources !== undefined),
        nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
        incomplete: false,
      },
    }
  }

  /** `POST …/serviceaccounts/NAME/token`. @throws StatusError 404, 422 */
  token(namespace: string, name: string, body: object): object {
    const account = this.#store.get(SERVICE_ACCOUNTS, namespace, name)
    if (account === undefined) throw notFound(SERVICE_ACCOUNTS, name)
    const { spec = {} } = body as ReviewBody
    const { expirationSeconds = 3600, audiences = [DEFAULT_AUDIENCE] } = spec
    if (expirationSeconds < SHORTEST_TOKEN_SECONDS)
      throw invalid({ group: AUTHENTICATION, kind: 'TokenRequest' }, '', [
        {
          reason: 'FieldValueInvalid',
          field: 'spec.expirationSeconds',
          message: `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`,
        },
      ])
    const { token, expires } = this.#tokens.mint(account, expirationSeconds, audiences)
    return {
      kind: 'TokenRequest',
      apiVersion: `${AUTHENTICATION}/v1`,
      metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: timestamp() },
      spec: { audiences, expirationSeconds, boundObjectRef: null },
      status: { token, expirationTimestamp: timestamp(expires) },
    }
  }
}

function questionOf(spec: NonNullable<ReviewBody['spec']>): AccessQuestion {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  if (resource) {
    const { namespace, verb = '', group = '', resource: plural = '', subresource = '', name = '' } = resource
    return {
      isResource: true,
      verb,
      group,
      plural,
      subresource,
      namespace: namespace === '' ? undefined : namespace,
      authorizedName: name,
    }
  }
  if (path) return { isResource: false, verb: path.verb ?? '', path: path.path ?? '' }
  throw invalid({ group: AUTHORIZATION, kind: '' }, '', [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.resourceAttributes',
      message:
        'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    },
  ])
}

function subjectReview({ name, uid, groups }: User): object {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: `${AUTHENTICATION}/v1`,
    metadata: { creationTimestamp: timestamp() },
    status: { userInfo: { username: name, ...(uid === undefined ? {} : { uid }), groups } },
  }
}
