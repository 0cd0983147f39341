/** The namespace in which the suite runs, and what the suite leaves there. */
import type { Store } from '../apiserver/contract.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import { isReport } from './kept-reports.fixture.ts'

export const NAMESPACE = 'target'

/** Undefined if the ConfigMap does not exist. */
export function configMapData(store: Store, name: string): Record<string, string> | undefined {
  const found = store.get(CONFIG_MAPS, NAMESPACE, name)
  return found === undefined ? undefined : ((found['data'] ?? {}) as Record<string, string>)
}

/** Objects that a run left behind. Its ConfigMap and its reports are meant to stay, so they do not count. */
export function leftovers(store: Store, configMap: string): string[] {
  const configMaps = store
    .list(CONFIG_MAPS, NAMESPACE)
    .filter((object) => object.metadata.name !== configMap && !isReport(object))
  return [...store.list(VMI, NAMESPACE), ...configMaps].map(
    ({ kind, metadata }) => `${kind} ${metadata.name}`,
  )
}
