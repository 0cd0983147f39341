/** Reads the existing objects of a deployment, before anything is changed. */
import type { Discovery } from '../cluster/discovery.ts'
import {
  describeRef,
  type FoundObject,
  isFieldConflict,
  type Manifest,
  type ObjectRef,
  type Objects,
} from '../cluster/objects.ts'
import { SuiteError } from '../common/errors.ts'
import { commandLine } from '../common/shell-quote.ts'
import type { Limits } from '../common/wait.ts'
import { NAMESPACE, type Tree } from './names.ts'
import { creatorOf, MANAGER, settleFields } from './ownership.ts'

/** An object of a tree, and the cluster's object of that name. */
export interface Surveyed {
  readonly tree: Tree
  readonly manifest: Manifest
  readonly ref: ObjectRef
  readonly found: FoundObject | undefined
}

export interface Surveyor {
  readonly objects: Objects
  readonly discovery: Discovery
  /** Whether to take over fields of others, and the option for it. */
  readonly force: { readonly isGiven: boolean; readonly by: string }
}

/** The Deployment of the original repository. Its other objects have the same names as ours. */
const ORIGINAL_DEPLOYMENT = 'fedora-deployment'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** @throws SuiteError `not-served`; ApiError */
export async function survey(
  { objects, discovery }: Pick<Surveyor, 'objects' | 'discovery'>,
  tree: Tree,
  manifests: readonly Manifest[],
  limits: Limits,
): Promise<Surveyed[]> {
  return Promise.all(
    manifests.map(async (manifest) => {
      const resource = await discovery.resourceOf(manifest, limits)
      const { name, namespace } = manifest.metadata
      const ref = { resource, name, namespace: resource.isNamespaced ? namespace : undefined }
      return { tree, manifest, ref, found: await objects.get(ref, limits) }
    }),
  )
}

/**
 * Checks for everything that would stop the deployment half-way, before anything is changed.
 * @throws SuiteError `there-already`, `being-removed` with a remedy; ApiError if the cluster refuses a read
 */
export async function refuseWhatIsOthers(
  surveyor: Surveyor,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  const going = surveyed.filter(({ found }) => typeof found?.metadata.deletionTimestamp === 'string')
  if (going.length > 0)
    throw new SuiteError(
      'being-removed',
      `${names(going)} ${going.length === 1 ? 'is' : 'are'} being removed: wait until that is done; nothing was touched`,
    )
  await refuseHiddenNetwork(surveyor, surveyed, limits)
  if (!surveyor.force.isGiven) {
    const isInNamespace = surveyed.some(({ ref }) => ref.namespace === NAMESPACE)
    const originals = [
      ...surveyed.filter(isAppliedByClient),
      ...(isInNamespace ? await originalDeployment(surveyor, limits) : []),
    ]
    if (originals.length > 0)
      throw thereAlready(surveyor, originals, 'applied by kubectl, as the original repository has it')
  }
  await refuseConflicts(surveyor, surveyed, limits)
}

/** A namespace that already exists is not a conflict. */
function isAppliedByClient({ ref, found }: Surveyed): boolean {
  if (found === undefined || ref.resource.kind === 'Namespace') return false
  if (creatorOf(ref, found.metadata) !== undefined) return false
  const { annotations, managedFields } = found.metadata
  return (
    annotations?.[LAST_APPLIED] !== undefined ||
    (managedFields ?? []).some(({ manager }) => manager === 'kubectl-client-side-apply')
  )
}

async function originalDeployment(
  { objects, discovery }: Surveyor,
  limits: Limits,
): Promise<Pick<Surveyed, 'ref'>[]> {
  const resource = await discovery.resourceOf({ apiVersion: 'apps/v1', kind: 'Deployment' }, limits)
  const ref = { resource, namespace: NAMESPACE, name: ORIGINAL_DEPLOYMENT }
  return (await objects.get(ref, limits)) === undefined ? [] : [{ ref }]
}

/**
 * The SR-IOV operator creates a NetworkAttachmentDefinition with the SriovNetwork's name, and removes it with the
 * network: an existing one would be lost.
 */
async function refuseHiddenNetwork(
  { objects, discovery }: Surveyor,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  for (const { ref, found } of surveyed) {
    if (ref.resource.kind !== 'SriovNetwork' || found !== undefined) continue
    const resource = await discovery.resourceOf(
      { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
      limits,
    )
    const network = { resource, namespace: NAMESPACE, name: ref.name }
    const hidden = await objects.get(network, limits)
    if (hidden === undefined) continue
    throw new SuiteError(
      'there-already',
      `${describeRef(network)} is in namespace ${NAMESPACE} already, and the SR-IOV operator would replace it: remove it, ` +
        'or name another network by SRIOV_NETWORK_NAME; nothing was touched',
    )
  }
}

/** @throws SuiteError `there-already` if others own objects that would be changed */
async function refuseConflicts(
  surveyor: Surveyor,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  const { objects, force } = surveyor
  const options = { manager: MANAGER, force: force.isGiven, dryRun: true }
  const conflicts = await Promise.all(
    surveyed.map(async (one) => {
      const { ref, found, manifest } = one
      if (found === undefined) return []
      // If a killed run created it, our applies may not own its fields yet.
      if (creatorOf(ref, found.metadata) !== undefined) await settleFields(objects, ref, found, limits)
      try {
        await objects.apply(ref, found.metadata.uid, manifest, options, limits)
        return []
      } catch (error) {
        if (!isFieldConflict(error)) throw error
        return [{ ...one, fields: error.causes.map(({ field }) => field ?? '') }]
      }
    }),
  )
  const refused = conflicts.flat()
  if (refused.length === 0) return
  const fields = refused.flatMap(({ fields: each }) => each)
  const more = fields.length > 3 ? ` and ${fields.length - 3} more` : ''
  throw thereAlready(surveyor, refused, `with other values in ${fields.slice(0, 3).join(', ')}${more}`)
}

/** A sentence with both remedies. */
function thereAlready({ force }: Surveyor, found: readonly Pick<Surveyed, 'ref'>[], how: string): SuiteError {
  const [is, them] = found.length === 1 ? ['is', 'it'] : ['are', 'them']
  const remove = found.map(({ ref: { resource, namespace, name } }) =>
    commandLine(
      'kubectl',
      'delete',
      `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}`,
      name,
      ...(namespace === undefined ? [] : ['-n', namespace]),
    ),
  )
  return new SuiteError(
    'there-already',
    `${names(found)} ${is} there already, ${how}: remove ${them} (${remove.join('; ')}), or go on with ` +
      `${force.by}, which changes ${them} and never removes ${them}; nothing was touched`,
  )
}

function names(found: readonly Pick<Surveyed, 'ref'>[]): string {
  return found.map(({ ref }) => describeRef(ref)).join(', ')
}
