/**
 * The pod that owns the run's objects, so that they do not outlive it. Kubernetes deletes objects at once if their
 * owner does not exist or is in another namespace; so a name is used only if it is known to belong to the pod with
 * POD_UID.
 */
import type { BoundPod } from '../cluster/bound-pod.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { Environment } from './environment.ts'

export interface Owner {
  readonly name: string
  readonly uid: string
}

export interface OwnerSources {
  /** The pod that the token in use is bound to. */
  readonly boundPod: BoundPod | undefined
  /** Reads a pod's uid by its name, in the run's namespace. */
  readonly uidOf: (name: string) => Promise<Readable<string>>
}

/** A sentence: why there is no owner although the environment names one. */
export async function findOwner(
  { pod, namespace }: Environment,
  { boundPod, uidOf }: OwnerSources,
): Promise<Owner | { readonly none: string } | undefined> {
  if (pod === undefined) return undefined
  const { uid } = pod
  const none = (why: string) => ({
    none: `the objects of this run have no owner, so they stay if the run is killed: ${why}`,
  })
  if (boundPod?.uid === uid) {
    if (boundPod.namespace === namespace) return { name: boundPod.name, uid }
    return none(`the checkup's pod is in namespace ${boundPod.namespace}, not in ${namespace}`)
  }
  const names = [...new Set([pod.name, pod.hostname])].filter((name) => name !== '')
  for (const name of names) {
    const found = await uidOf(name)
    if ('found' in found && found.found === uid) return { name, uid }
    // POD_NAME first: the host name is often the node's, or only a part of the pod's name.
    if ('notReadable' in found && name === pod.name) return { name, uid }
  }
  return none(
    `no pod with POD_UID (${uid}) is known by ${names.length === 0 ? 'a name' : names.join(' or ')}; ` +
      'set POD_NAME from the field metadata.name',
  )
}
