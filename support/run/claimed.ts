/** The first stage of a run: it claims the ConfigMap. */
import { claimConfigMap } from './claim.ts'
import type { Cluster } from './connect.ts'
import type { Environment } from './environment.ts'
import type { Run } from './run.ts'
import { recordSimulation } from './simulation.ts'
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
    // Concurrently with the claim, because a run that ends here needs to know it as well.
    const noted = recordSimulation(run, () => cluster)
    const startedAt = run.journal.startedAt.toISOString()
    const { configMaps } = cluster
    // Set before the answer arrives: an update may succeed after the wait for its answer was given up.
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
