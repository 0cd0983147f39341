/** Removes what runs left in a namespace, by the label that all their objects carry. */
import { RUN_LABEL } from '../model/testbed.ts'
import type { Permission } from '../cluster/access-review.ts'
import type { RunKind } from '../cluster/inventory.ts'
import { describeError, SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Cluster } from '../run/connect.ts'
import { ongoingCampaign } from './matrix/campaign.ts'
import { ongoingRunOf } from './ongoing-run.ts'
import { describePermission, rulesFor } from './preflight/permissions.ts'
import { mustBeRead } from './preflight/survey.ts'

export interface SweepOptions {
  readonly cluster: Cluster
  readonly namespace: string
  /** Only objects of this run, by the label's value. */
  readonly run: string | undefined
  readonly dryRun: boolean
  readonly force: boolean
  /** Whether the caller has found other objects of runs: then an empty sweep prints nothing. */
  readonly hasOthers?: boolean
  /** Prints a line for each action. */
  readonly print: (line: string) => void
}

interface Leftover {
  readonly kind: RunKind
  readonly name: string
  readonly uid: string
  readonly run: string
  readonly since: string
}

const PERMISSIONS: readonly Permission[] = [
  ...['list', 'get', 'delete'].map((verb) => ({
    verb,
    group: 'kubevirt.io',
    resource: 'virtualmachineinstances',
  })),
  ...['list', 'delete'].map((verb) => ({ verb, group: '', resource: 'configmaps' })),
]

/**
 * Returns a sentence for each object that could not be removed.
 * @throws SuiteError if permissions are missing or a run may be going on; ApiError
 */
export async function sweep(options: SweepOptions, limits: Limits): Promise<string[]> {
  const { cluster, namespace, run, dryRun, force, print } = options
  await mustBePermitted(cluster, namespace, dryRun, limits)
  const found = [
    ...(await leftoversOf('VirtualMachineInstance', options, limits)),
    ...(await leftoversOf('ConfigMap', options, limits)),
  ]
  if (found.length === 0) {
    if (options.hasOthers !== true)
      print(
        `no objects of ${run === undefined ? 'any run' : `run ${run}`} are left in namespace ${namespace}`,
      )
    return []
  }
  const goingOn = run === undefined ? await runsGoingOn(cluster, namespace, limits) : []
  if (dryRun) {
    for (const one of found) print(`would remove ${describe(namespace, one)}`)
    for (const sentence of goingOn) print(`but: ${sentence}`)
    return []
  }
  if (goingOn.length > 0 && !force) {
    throw new SuiteError(
      'in-use',
      `${goingOn.join('; ')}: nothing was removed; use --run UID to remove the objects of one run, or --force to remove the objects of all runs`,
    )
  }
  const results = await Promise.allSettled(
    found.map(async (one) => {
      await remove(cluster, namespace, one, limits)
      print(`removed ${describe(namespace, one)}`)
    }),
  )
  return results.flatMap((result, index) => {
    const one = found[index]
    if (result.status === 'fulfilled' || one === undefined) return []
    return [`${describe(namespace, one)} could not be removed: ${describeError(result.reason)}`]
  })
}

async function mustBePermitted(
  { inventory }: Cluster,
  namespace: string,
  dryRun: boolean,
  limits: Limits,
): Promise<void> {
  const needed = PERMISSIONS.filter(({ verb }) => !dryRun || verb === 'list')
  const review = await inventory.permissions(namespace, { required: needed }, limits)
  if (!('found' in review) || review.found.missing.length === 0) return
  const { missing } = review.found
  throw new SuiteError(
    'forbidden',
    `this account lacks permission to ${missing.map(describePermission).join(', ')} in namespace ${namespace}; ` +
      `a Role with these rules grants it:\n${rulesFor(missing).join('\n')}`,
  )
}

async function leftoversOf(
  kind: RunKind,
  { cluster, namespace, run }: SweepOptions,
  limits: Limits,
): Promise<Leftover[]> {
  const label = { name: RUN_LABEL, value: run }
  const found = mustBeRead(await cluster.inventory.labelled(kind, namespace, label, limits))
  return found.map(({ name, uid, labels, creationTimestamp }) => ({
    kind,
    name,
    uid,
    run: labels?.[RUN_LABEL] ?? '',
    since: creationTimestamp ?? 'unknown',
  }))
}

/** Runs that have started, have not ended, and are still within their time limit. */
async function runsGoingOn({ configMaps }: Cluster, namespace: string, limits: Limits): Promise<string[]> {
  const all = await configMaps.list(namespace, limits)
  const ongoing = all.flatMap((one) => ongoingRunOf(one) ?? [])
  const campaign = ongoingCampaign(all)
  // Its own ConfigMap may have been replaced meanwhile, without the run's start.
  if (campaign !== undefined && ongoing.every(({ configMap }) => configMap !== campaign.configMap))
    ongoing.push(campaign)
  return ongoing.map(
    ({ configMap, since, until }) =>
      `ConfigMap ${namespace}/${configMap} belongs to a run that began at ${since} and ends at ${until} at the latest`,
  )
}

async function remove(
  { vmis, configMaps }: Cluster,
  namespace: string,
  { kind, name, uid }: Leftover,
  limits: Limits,
): Promise<void> {
  // By now another object may have this name.
  if (kind === 'ConfigMap') return configMaps.delete(namespace, name, uid, limits)
  await vmis.delete(namespace, name, uid, limits)
  await vmis.waitGone(namespace, name, uid, limits)
}

function describe(namespace: string, { kind, name, run, since }: Leftover): string {
  return `${kind} ${namespace}/${name} (of run ${run}, since ${since})`
}
