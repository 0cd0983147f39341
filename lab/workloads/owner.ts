/** Which object a controller made another one for. */
import type { KubeObject } from '../apiserver/contract.ts'

/** What of an object a controller is the owner of: `uid` of the one that controls it. */
export function controllerOf(object: KubeObject, kind: string): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind)
    ?.uid
}
