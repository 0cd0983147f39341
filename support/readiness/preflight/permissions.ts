/** Whether the account has each permission that a run needs. */
import type { AskedPermissions, Permission } from '../../cluster/access-review.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import type { Survey } from './survey.ts'

/**
 * Optional: a guest that cannot be rebooted through the API reboots itself. The roles of kiagnose's checkup (kiagnose's
 * README, OpenShift's steps) do not include `softreboot`.
 */
const SOFT_REBOOT: Permission = {
  verb: 'update',
  group: 'subresources.kubevirt.io',
  resource: 'virtualmachineinstances/softreboot',
}

/** The permissions of the documented roles, verb by verb. */
export const PERMISSIONS: readonly Permission[] = [
  ...['get', 'update', 'create', 'delete'].map((verb) => ({ verb, group: '', resource: 'configmaps' })),
  ...['create', 'get', 'delete'].map((verb) => ({
    verb,
    group: 'kubevirt.io',
    resource: 'virtualmachineinstances',
  })),
  { verb: 'get', group: 'subresources.kubevirt.io', resource: 'virtualmachineinstances/console' },
  SOFT_REBOOT,
]

/** With these, VMIs are watched; without, they are polled. The documented roles do not include them. */
const WATCH_VMIS = ['list', 'watch'].map((verb) => ({
  verb,
  group: 'kubevirt.io',
  resource: 'virtualmachineinstances',
}))

/** Reviewed once in each run. */
const ASKED: AskedPermissions = { required: PERMISSIONS, wished: WATCH_VMIS }

/** Whether the account is known to be allowed to watch VMIs. @throws as the check that reads the permissions */
export async function mayWatchVmis(survey: Survey): Promise<boolean> {
  const review = await survey.permissions(ASKED)
  return 'found' in review && review.found.hasWished
}

export const permissions = defineCheck({
  id: 'precondition.permissions',
  title: 'the service account has all required permissions',
  rationale: 'Without these permissions the suite cannot create the VMIs, or cannot read what it judges.',
  remediation: 'Apply the Role that the message prints; see docs/permissions.md.',
  guardsHonesty: true,
  // Without them the suite cannot judge, which is not the cluster's fault.
  blames: 'input',
  reads: async (survey) => {
    const [review, account] = await Promise.all([
      survey.permissions(ASKED),
      // The account's name is only for the message, so failing to read it is not an error.
      survey.account().catch(() => ({ notReadable: 'unknown' })),
    ])
    return { review, account: 'found' in account ? account.found : 'unknown', namespace: survey.namespace }
  },
  judge: ({ review, account, namespace }, { fact, wrong, warning }) => {
    fact('account', account)
    fact('permissions checked', `${PERMISSIONS.length}, in namespace ${namespace}`)
    if (!('found' in review)) skipCriterion(Object.values(review).join())
    const { missing } = review.found
    if (missing.length === 0) return
    fact('permissions missing', missing.length)
    const isWanted = missing.every(({ resource }) => resource === SOFT_REBOOT.resource)
    const report = isWanted ? warning : wrong
    report(
      `${account === 'unknown' ? 'the account' : account} lacks permission to ${missing.map(describePermission).join(', ')} ` +
        `in namespace ${namespace}; a Role with these rules grants it (fixtures/manifests/permissions.yaml has them all): ` +
        rulesFor(missing).join(' ') +
        (isWanted ? '. Without this permission the guests reboot themselves' : ''),
    )
  },
})

/** `create virtualmachineinstances.kubevirt.io`, as `kubectl auth can-i` accepts it. */
export function describePermission({ verb, group, resource }: Permission): string {
  const [plural, subresource] = resource.split('/')
  return `${verb} ${plural ?? ''}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
}

/** The rules of a Role that grant permissions, each a line of YAML. */
export function rulesFor(missing: readonly Permission[]): string[] {
  const byResource = Map.groupBy(missing, ({ group, resource }) =>
    [group, resource].map((name) => JSON.stringify(name)).join(' '),
  )
  return [...byResource].map(([key, same]) => {
    const [group, resource] = key.split(' ')
    const verbs = same.map(({ verb }) => JSON.stringify(verb)).join(', ')
    return `- {apiGroups: [${group ?? ''}], resources: [${resource ?? ''}], verbs: [${verbs}]}`
  })
}
