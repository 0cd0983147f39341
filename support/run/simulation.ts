/** Whether the cluster is a simulated laboratory: then no report of the run may read like one of a real cluster. */
import { isSimulatedVersion } from '../common/lab-facts.ts'
import type { Cluster } from './connect.ts'
import type { Run } from './run.ts'
import { timeouts } from '../model/timeouts.ts'

/**
 * Asks the API server, and notes it where it says so. Never throws: a cluster that does not tell its version, and
 * one that cannot be reached, is judged all the same.
 * @param connect may throw
 */
export async function noteSimulation(run: Run, connect: () => Pick<Cluster, 'inventory'>): Promise<void> {
  try {
    const { inventory } = connect()
    const version = await inventory.kubernetesVersion(run.limits(timeouts.clusterKind))
    if ('found' in version) noteVersion(run, version.found)
  } catch {
    // Whatever keeps the version from being read is told by what the run can not do without.
  }
}

/** @param gitVersion of the API server */
export function noteVersion(run: Run, gitVersion: string): void {
  if (isSimulatedVersion(gitVersion)) run.journal.simulated()
}
