/** The label of a run, apart from what reads the cluster: commands that need no cluster load the plan of the testbed. */
import type { VmiLabel } from '../cluster/vmi.ts'
import { RUN_LABEL } from '../model/testbed.ts'
import type { Environment } from '../run/environment.ts'

/** The label of everything that a run creates: the uid of its pod; outside of a pod, its own. */
export function runLabel({ id }: { readonly id: string }, { pod }: Pick<Environment, 'pod'>): VmiLabel {
  return { name: RUN_LABEL, value: pod?.uid ?? id }
}
