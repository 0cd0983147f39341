/** The first stage of a run that a ConfigMap asks for: it is claimed. */
import { claimConfigMap } from './claim.ts'
import type { Cluster } from './connect.ts'
import type { Environment } from './environment.ts'
import type { Run } from './run.ts'
import { noteSimulation } from './simulation.ts'
import { timeouts } from '../model/timeouts.ts'

export interface Claimed {
  readonly cluster: Cluster
  readonly environment: Environment
  readonly data: Readonly<Record<string, string>>
}

/** Takes the ConfigMap for this run. */
export async function claim(run: Run): Promise<Claimed> {
  const { cluster, environment } = run.connect(process.env)
  return run.journal.phase('claim the ConfigMap', 'suite', async () => {
    // Beside the claim: a run that gets no further than this has to know it too.
    const noted = noteSimulation(run, () => cluster)
    const startedAt = run.journal.startedAt.toISOString()
    const { configMaps } = cluster
    // Set before it is known: an update whose answer nobody waits for any more may still have been made.
    run.claimed = { cluster, environment, isCertain: false }
    const limits = run.limits(timeouts.apiRequest)
    try {
      const data = await claimConfigMap(configMaps, environment, startedAt, limits)
      run.claimed = { cluster, environment, isCertain: true }
      return { cluster, environment, data }
    } finally {
      await noted
    }
  })
}
