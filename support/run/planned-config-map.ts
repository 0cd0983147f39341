/** A ConfigMap whose removal is planned before it is created. */
import type { ConfigMaps, NewConfigMap } from '../cluster/config-map.ts'
import type { Cleanup } from './cleanup.ts'
import { Creation } from './creation.ts'

/**
 * Plans the removal of the ConfigMap that this run creates; one of the same name that others own stays.
 * @returns its creation, which the caller starts
 */
export function planConfigMap(
  cleanup: Pick<Cleanup, 'plan'>,
  configMaps: Pick<ConfigMaps, 'uidOfOwn' | 'delete'>,
  namespace: string,
  { metadata: { name, labels } }: NewConfigMap,
  options: { readonly isTestbed?: boolean } = {},
): Creation {
  const creation = new Creation()
  cleanup.plan(
    `ConfigMap ${namespace}/${name}`,
    (limits) =>
      creation.undo(limits, async (rest, created) => {
        const uid = created ?? (await configMaps.uidOfOwn(namespace, name, labels, rest()))
        if (uid !== undefined) await configMaps.delete(namespace, name, uid, rest())
      }),
    options,
  )
  return creation
}
