/** Removes objects that runs created, and no others; waits until they are gone. */
import { isApiError } from '../cluster/api-error.ts'
import { describeRef, type FoundObject, type Manifest, type ObjectRef } from '../cluster/objects.ts'
import { describeError, SuiteError } from '../common/errors.ts'
import { type Limits, shareTimeout, waitFor } from '../common/wait.ts'
import type { Asked } from './apply-objects.ts'
import { contentsOfOthers } from './contents.ts'
import { NAMESPACE, PART_OF, type Tree } from './names.ts'
import { creatorOf, TREE_LABEL } from './ownership.ts'
import { survey, type Surveyed, type Surveyor } from './survey.ts'

/** An object created by a deploy command or a suite. Only such objects are ever removed. */
export interface Created {
  readonly ref: ObjectRef
  readonly uid: string
  readonly tree: string
}

export interface Remover extends Pick<Surveyor, 'objects' | 'discovery'> {
  /** Prints a line for each object that is removed, or kept with the reason. */
  readonly print: (line: string) => void
  /** Called with objects that are kept because of others. */
  readonly kept: (sentence: string) => void
}

/**
 * The objects that a run created, of those it requested; and those that may still appear, because the API server has
 * not answered.
 */
export async function createdByRun(
  { objects }: Remover,
  run: string,
  asked: readonly Asked[],
  limits: Limits,
): Promise<{ readonly created: readonly Created[]; readonly mayCome: readonly string[] }> {
  const mayCome: string[] = []
  const created = await Promise.all(
    asked.map(async ({ ref, tree, isAnswered }): Promise<Created[]> => {
      const found = await objects.get(ref, limits)
      if (found === undefined && !isAnswered) mayCome.push(describeRef(ref))
      if (found === undefined || creatorOf(ref, found.metadata)?.run !== run) return []
      return [{ ref, uid: found.metadata.uid, tree }]
    }),
  )
  return { created: unique(created.flat()), mayCome }
}

/**
 * The objects that any run created for a tree, with whatever parameters; the names of the tree's existing objects that
 * no run created; and the tree's objects by their present names.
 */
export async function createdFor(
  remover: Remover,
  tree: Tree,
  manifests: readonly Manifest[],
  limits: Limits,
): Promise<{
  readonly created: readonly Created[]
  readonly notOurs: readonly string[]
  readonly surveyed: readonly Surveyed[]
}> {
  const surveyed = await survey(remover, tree, manifests, limits)
  const kinds = new Map(
    surveyed.map(({ ref: { resource, namespace } }) => [
      `${resource.plural}.${resource.group} ${namespace ?? ''}`,
      { resource, namespace },
    ]),
  )
  const labelled = await Promise.all(
    [...kinds.values()].map(async ({ resource, namespace }) => {
      try {
        const { items } = await remover.objects.list(resource, namespace, `${TREE_LABEL}=${tree}`, limits)
        return items.map((found) => ({ ref: { resource, namespace, name: found.metadata.name }, found }))
      } catch (error) {
        // The names in the manifests identify most of them without the label.
        if (isApiError(error, 403, 404)) return []
        throw error
      }
    }),
  )
  const found = surveyed.flatMap(({ ref, found: one }) => (one === undefined ? [] : [{ ref, found: one }]))
  const all = [...found, ...labelled.flat()]
  const isOurs = ({ ref, found: { metadata } }: { ref: ObjectRef; found: FoundObject }) =>
    creatorOf(ref, metadata)?.tree === tree
  return {
    created: unique(
      all.filter(isOurs).map(({ ref, found: { metadata } }) => ({ ref, uid: metadata.uid, tree })),
    ),
    notOurs: found.filter((one) => !isOurs(one)).map(({ ref }) => describeRef(ref)),
    surveyed,
  }
}

function unique(created: readonly Created[]): Created[] {
  return [...new Map(created.map((one) => [one.uid, one])).values()]
}

/**
 * Removes these objects. Prerequisites stay while other applications need them; the namespace stays if it has objects
 * of others, or if that is unknown.
 * @throws SuiteError `not-removed` naming the objects that are left, and why
 */
export async function removeCreated(
  remover: Remover,
  created: readonly Created[],
  limits: Limits,
): Promise<void> {
  const rest = shareTimeout(limits)
  const going = await withoutWhatIsNeeded(remover, created, rest)
  if (going.length > 0) remover.print(`removing ${going.map(({ ref }) => describeRef(ref)).join(', ')}`)
  const results = await Promise.allSettled(
    going.map(async ({ ref, uid }) => {
      // Wait for a Deployment's pods too: until they are gone, they hold VFs, CPUs and hugepages.
      const propagation = ref.resource.kind === 'Deployment' ? 'Foreground' : 'Background'
      await remover.objects.delete(ref, uid, propagation, rest())
      await gone(remover, ref, uid, rest())
    }),
  )
  const left = results.flatMap((result, index) => {
    const one = going[index]
    if (result.status === 'fulfilled' || one === undefined) return []
    return [`${describeRef(one.ref)} (${describeError(result.reason)})`]
  })
  if (left.length > 0) throw new SuiteError('not-removed', `could not be removed: ${left.join('; ')}`)
}

/** Seconds between two progress lines of a wait without changes. */
const SAY_EVERY = 20

async function gone({ objects, print }: Remover, ref: ObjectRef, uid: string, limits: Limits): Promise<void> {
  const what = describeRef(ref)
  const started = performance.now()
  const onSeen = (lastSeen: string) => {
    if (lastSeen !== 'there') print(`waiting for ${what} to be gone: ${lastSeen}`)
  }
  await waitFor({ ...limits, claim: `${what} to be gone`, interval: 250, onSeen }, async (signal) => {
    const found = await objects.get(ref, { signal, timeout: limits.timeout })
    if (found === undefined) return { done: undefined }
    if (found.metadata.uid !== uid) {
      print(`${what} was recreated by others and stays`)
      return { done: undefined }
    }
    const steps = Math.floor((performance.now() - started) / 1000 / SAY_EVERY)
    return { lastSeen: steps === 0 ? 'there' : `still exists after ${steps * SAY_EVERY}s` }
  })
}

async function withoutWhatIsNeeded(
  remover: Remover,
  created: readonly Created[],
  rest: () => Limits,
): Promise<readonly Created[]> {
  const isPrerequisite = ({ tree }: Created) => tree === 'prerequisites'
  if (!created.some(isPrerequisite)) return created
  const uids = new Set(created.map(({ uid }) => uid))
  const others = (await deploymentsThere(remover, rest())).filter(({ uid }) => !uids.has(uid))
  if (others.length > 0) {
    remover.print(`${describeAll(others)} still exists: the prerequisites stay`)
    return created.filter((one) => !isPrerequisite(one))
  }
  const namespace = created.find(({ ref }) => ref.resource.kind === 'Namespace')
  if (namespace === undefined) return created
  const networks = created.flatMap(({ ref }) => (ref.resource.kind === 'SriovNetwork' ? [ref.name] : []))
  const ours = { uids, networks: new Set(networks) }
  const contents = await contentsOfOthers(remover, namespace.ref.name, ours, rest())
  const what = describeRef(namespace.ref)
  if (contents.others.length > 0)
    remover.kept(`${what} stays, because others created ${someOf(contents.others)} in it`)
  else if (contents.unknown.length > 0)
    remover.kept(`${what} stays, because it is unknown whether others use it: ${someOf(contents.unknown)}`)
  else return created
  return created.filter((one) => one !== namespace)
}

/** Existing Deployments of these applications, including those that others created. */
export async function deploymentsThere(
  { objects, discovery }: Pick<Surveyor, 'objects' | 'discovery'>,
  limits: Limits,
): Promise<{ readonly ref: ObjectRef; readonly uid: string; readonly isCreated: boolean }[]> {
  const resource = await discovery.resourceOf({ apiVersion: 'apps/v1', kind: 'Deployment' }, limits)
  const { items } = await objects.list(resource, NAMESPACE, PART_OF, limits)
  return items.map(({ metadata }) => {
    const ref = { resource, namespace: NAMESPACE, name: metadata.name }
    return { ref, uid: metadata.uid, isCreated: creatorOf(ref, metadata) !== undefined }
  })
}

function describeAll(all: readonly { readonly ref: ObjectRef }[]): string {
  return all.map(({ ref }) => describeRef(ref)).join(', ')
}

function someOf(all: readonly string[]): string {
  const more = all.length > 3 ? ` and ${all.length - 3} more` : ''
  return `${all.slice(0, 3).join(', ')}${more}`
}
