/** Impersonation (`kubectl --as`). */
import type { Authorizer } from './rbac.ts'
import type { RequestInfo } from './request-info.ts'
import { forbidden, forbiddenPath } from './status.ts'
import { serviceAccountUser, type User } from './tokens.ts'

/** The user of a request: the impersonated user, otherwise the authenticated user. @throws StatusError 403 */
export function effectiveUser(user: User, headers: Headers, info: RequestInfo, authorizer: Authorizer): User {
  const name = headers.get('impersonate-user') ?? ''
  if (name === '') return user
  const question = {
    isResource: true,
    verb: 'impersonate',
    group: '',
    plural: 'users',
    subresource: '',
    namespace: undefined,
    authorizedName: name,
  } as const
  if (!authorizer.decide(user, question).allowed) throw refusal(user, info)
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? []
  if (namespace !== undefined && account !== undefined) return serviceAccountUser(namespace, account)
  const groups = (headers.get('impersonate-group') ?? '').split(/,\s*/).filter((group) => group !== '')
  return { name, groups: [...groups, 'system:authenticated'] }
}

function refusal(user: User, info: RequestInfo): Error {
  const because = `User "${user.name}" cannot impersonate-on:user-info:${info.verb}`
  if (!info.isResource) return forbiddenPath(`${because} path "${info.path}"`)
  const where = info.namespace === undefined ? 'at the cluster scope' : `in the namespace "${info.namespace}"`
  return forbidden(
    info,
    info.authorizedName,
    `${because} resource "${info.plural}" in API group "${info.group}" ${where}`,
  )
}
