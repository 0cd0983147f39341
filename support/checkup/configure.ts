/** Stages before anything is created: the ConfigMap is claimed, parameters are read, the cluster is looked at. */
import type { Nad, Permission, Readable } from '../cluster/inventory.ts'
import { claimConfigMap } from './claim.ts'
import type { Environment } from './environment.ts'
import { type Parameters, readParameters } from './parameters.ts'
import type { Cluster, Run } from './run.ts'
import { StageFailure } from './stage.ts'
import { timeouts } from './timeouts.ts'

export interface Claimed {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly data: Readonly<Record<string, string>>
}

export interface Configured {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly parameters: Parameters
}

export interface Preconditions extends Configured {
  readonly kubeVirt: Readable<readonly string[]>
  readonly nad: Readable<Nad>
  readonly missingPermissions: Readable<readonly Permission[]>
}

/** The README's roles, verb by verb: all the checkup does needs one of these. */
export const PERMISSIONS: readonly Permission[] = [
  ...['get', 'update', 'create', 'delete'].map((verb) => ({ verb, group: '', resource: 'configmaps' })),
  ...['create', 'get', 'delete'].map((verb) => ({
    verb,
    group: 'kubevirt.io',
    resource: 'virtualmachineinstances',
  })),
  { verb: 'get', group: 'subresources.kubevirt.io', resource: 'virtualmachineinstances/console' },
  { verb: 'update', group: 'subresources.kubevirt.io', resource: 'virtualmachineinstances/softreboot' },
]

/** Takes the ConfigMap for this run. */
export async function claim(run: Run): Promise<Claimed> {
  const { cluster, environment } = run.connect(process.env)
  return run.journal.phase('claim the ConfigMap', 'suite', async () => {
    const startedAt = run.journal.startedAt.toISOString()
    const { configMaps } = cluster
    // Set before it is known: an update whose answer nobody waits for any more may still have been made.
    run.claimed = { cluster, environment, isCertain: false }
    const limits = run.limits(timeouts.apiRequest)
    const data = await claimConfigMap(configMaps, environment, startedAt, limits)
    run.claimed = { cluster, environment, isCertain: true }
    return { cluster, environment, data }
  })
}

export function configure(run: Run, { cluster, environment, data }: Claimed): Configured {
  const parameters = readParameters(data)
  run.journal.parameters(parameters.asUsed)
  parameters.warnings.forEach((warning) => {
    run.journal.warn(warning)
  })
  run.scene.parameters = parameters
  run.verbose = parameters.verbose
  run.startDeadline(parameters.timeout)
  return { cluster, environment, parameters }
}

/** Looks at what can be known before anything is created. */
export async function checkPreconditions(run: Run, configured: Configured): Promise<Preconditions> {
  const { cluster, environment, parameters } = configured
  const { inventory } = cluster
  return run.journal.phase('check the preconditions', 'suite', async () => {
    const limits = run.limits(timeouts.preconditions)
    const { namespace } = environment
    const [kubeVirt, nad, missingPermissions, kubernetesVersion, kubevirtVersion] = await Promise.all([
      inventory.kubeVirtResources(limits),
      inventory.nad(namespace, parameters.networkAttachmentDefinitionName, limits),
      inventory.missingPermissions(namespace, PERMISSIONS, limits),
      inventory.kubernetesVersion(limits),
      inventory.kubeVirtVersion(limits),
    ])
    run.journal.cluster({
      ...('found' in kubernetesVersion ? { kubernetesVersion: kubernetesVersion.found } : {}),
      ...('found' in kubevirtVersion ? { kubevirtVersion: kubevirtVersion.found } : {}),
    })
    return { ...configured, kubeVirt, nad, missingPermissions }
  })
}

/** @throws StageFailure naming what is missing: then nothing is created */
export function mustBeMet({ kubeVirt, nad, missingPermissions }: Preconditions): void {
  const unmet = [
    ...('missing' in kubeVirt ? [kubeVirt.missing] : []),
    ...('missing' in nad ? [nad.missing] : []),
    ...('found' in missingPermissions && missingPermissions.found.length > 0
      ? ['permissions are missing']
      : []),
  ]
  if (unmet.length > 0) throw new StageFailure('not-judged', `nothing was created: ${unmet.join('; ')}`)
}

/** `create virtualmachineinstances.kubevirt.io`, as `kubectl auth can-i` takes it. */
export function describePermission({ verb, group, resource }: Permission): string {
  const [plural, subresource] = resource.split('/')
  return `${verb} ${plural ?? ''}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
}
