/**
 * The pod that owns what a run creates, so that nothing outlives it. An owner that is not there, or in another namespace,
 * has Kubernetes delete all of it at once; so a name counts only where it is known to be that of the pod with POD_UID.
 */
import type { BoundPod } from '../cluster/bound-pod.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { Environment } from './environment.ts'

export interface Owner {
  readonly name: string
  readonly uid: string
}

export interface OwnerSources {
  /** Of the token in use. */
  readonly boundPod: BoundPod | undefined
  /** A pod's uid by its name, in the run's namespace. */
  readonly uidOf: (name: string) => Promise<Readable<string>>
}

/** Why there is none, as a sentence, where there should be one; undefined where nobody asks for one. */
export async function findOwner(
  { pod, namespace }: Environment,
  { boundPod, uidOf }: OwnerSources,
): Promise<Owner | { readonly none: string } | undefined> {
  if (pod === undefined) return undefined
  const { uid } = pod
  const none = (why: string) => ({
    none: `what this run creates has no owner, so it stays where the run is killed: ${why}`,
  })
  if (boundPod?.uid === uid) {
    if (boundPod.namespace === namespace) return { name: boundPod.name, uid }
    return none(`the checkup's pod is in namespace ${boundPod.namespace}, not in ${namespace}`)
  }
  const names = [...new Set([pod.name, pod.hostname])].filter((name) => name !== '')
  for (const name of names) {
    const found = await uidOf(name)
    if ('found' in found && found.found === uid) return { name, uid }
    // The manifest says POD_NAME on purpose, while a host name is often the node's or a part of the pod's.
    if ('notReadable' in found && name === pod.name) return { name, uid }
  }
  return none(
    `no pod with POD_UID (${uid}) is known by ${names.length === 0 ? 'a name' : names.join(' or ')}; ` +
      'POD_NAME from the field metadata.name says which it is',
  )
}
