/** Controller references. */
import type { KubeObject } from '../apiserver/contract.ts'

/** The uid of an object's controller of this kind; undefined if it has none. */
export function controllerOf(object: KubeObject, kind: string): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind)
    ?.uid
}
