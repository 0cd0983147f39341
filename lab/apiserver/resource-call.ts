/** A request for an object or a collection, independent of HTTP. */
import type { ResourceKind } from './contract.ts'
import type { Manager } from './managed-fields.ts'
import type { Representation } from './negotiation.ts'
import type { ResourceRequest } from './request-info.ts'
import type { User } from './tokens.ts'

/** A request for a served resource. */
export interface ResourceCall extends ResourceRequest {
  readonly kind: ResourceKind
  readonly user: User
  readonly method: string
  readonly query: URLSearchParams
  readonly body: string
  readonly contentType: string | undefined
  readonly userAgent: string | undefined
  readonly representation: Representation
}

/** The writer: the request's field manager, or the client's name in its user agent. */
export function managerOf({ query, userAgent = '', subresource }: ResourceCall): Manager {
  const name = query.get('fieldManager') ?? userAgent.split('/')[0] ?? ''
  return { name: name === '' ? 'unknown' : name, subresource }
}
