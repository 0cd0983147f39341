/** The VMIs of one run, by its label. */
import type { ListedScope } from '../cluster/listed-vmis.ts'
import { WatchedVmis } from '../cluster/watched-vmis.ts'
import { partTimeouts } from '../model/timeouts.ts'
import type { Cluster } from '../run/connect.ts'
import type { Environment } from '../run/environment.ts'
import type { Run } from '../run/run.ts'
import { runLabel } from './run-label.ts'

/** How the VMIs of a run are listed. */
export function runScope(run: Run, environment: Environment): ListedScope {
  return {
    namespace: environment.namespace,
    label: runLabel(run, environment),
    // A list outlasts the run's end, because the removal needs it as well. It ends before the poll that waits for it,
    // because it knows why there is no answer.
    limits: () => ({ signal: new AbortController().signal, timeout: 0.9 * partTimeouts.vmiPoll }),
  }
}

/** The cluster, with the run's VMIs watched if the account may. */
export function watchingCluster(
  run: Run,
  cluster: Cluster,
  environment: Environment,
  mayWatch: boolean,
): Cluster {
  if (!mayWatch) return cluster
  return { ...cluster, vmis: new WatchedVmis(cluster.client, runScope(run, environment)) }
}
