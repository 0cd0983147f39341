/** Checks the user's permissions for a run in the cluster before anything is created. */
import { type Permission, reviewPermissions } from '../../cluster/access-review.ts'
import { isApiError } from '../../cluster/api-error.ts'
import type { ApiClient } from '../../cluster/api-client.ts'
import { SuiteError } from '../../common/errors.ts'
import { commandLine } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import { describePermission, rulesFor } from '../../readiness/preflight/permissions.ts'
import type { ObjectRef } from '../../cluster/objects.ts'

/** Permissions to create, follow and remove the Job, and to fetch its reports. */
const ALWAYS: readonly Permission[] = [
  ...['create', 'delete', 'get', 'list', 'watch'].map((verb) => ({ verb, group: 'batch', resource: 'jobs' })),
  ...['create', 'delete', 'get'].map((verb) => ({ verb, group: '', resource: 'configmaps' })),
]

/** Verbs for an account and roles that do not exist: they are created, and removed afterwards. */
const OF_MISSING = ['create', 'delete'] as const

/**
 * @param missing objects of the account and its roles that must be created
 * @throws SuiteError `forbidden` naming every missing permission, and the rules that grant it
 */
export async function mustBePermitted(
  client: ApiClient,
  namespace: string,
  missing: readonly ObjectRef[],
  limits: Limits,
): Promise<void> {
  const kinds = new Map(missing.map(({ resource }) => [resource.plural, resource]))
  const ofMissing = [...kinds.values()].flatMap(({ group, plural }) =>
    OF_MISSING.map((verb): Permission => ({ verb, group, resource: plural })),
  )
  const lacking = await lackingOf(client, namespace, [...ALWAYS, ...ofMissing], limits)
  if (lacking.length === 0) return
  const isOfRoles = ({ group, resource }: Permission) =>
    ofMissing.some((one) => one.group === group && one.resource === resource)
  const own = lacking.filter((permission) => !isOfRoles(permission))
  const parts = [
    ...(own.length === lacking.length ? [] : [needsAdministrator(namespace)]),
    ...(own.length === 0
      ? []
      : [
          `this account lacks permission to ${own.map(describePermission).join(', ')} in namespace ${namespace}; ` +
            `a Role with these rules grants it:\n${rulesFor(own).join('\n')}`,
        ]),
  ]
  throw new SuiteError('forbidden', parts.join('\n'))
}

/** What to do if the checkup's account or its roles cannot be created. */
export function needsAdministrator(namespace: string): string {
  const print = commandLine('dpdk-checkup', 'manifests', '-n', namespace, '--only', 'rbac')
  return (
    `the checkup’s service account, or one of its roles, does not exist in namespace ${namespace}, and this account may not create it; ` +
    `an administrator must run once:\n  ${print} | kubectl apply -f -`
  )
}

/** Empty if the cluster refuses access reviews: then the requests themselves will fail. */
async function lackingOf(
  client: ApiClient,
  namespace: string,
  permissions: readonly Permission[],
  limits: Limits,
): Promise<readonly Permission[]> {
  try {
    return (await reviewPermissions(client, namespace, { required: permissions }, limits)).missing
  } catch (error) {
    if (isApiError(error, 403, 404)) return []
    throw error
  }
}
