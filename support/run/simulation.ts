/** Whether the cluster is the simulated lab: its reports must not look like reports of a real cluster. */
import type { Readable } from '../cluster/inventory.ts'
import { describeError } from '../common/errors.ts'
import { isSimulatedVersion } from '../common/lab-facts.ts'
import type { Cluster } from './connect.ts'
import type { Run } from './run.ts'
import { timeouts } from '../model/timeouts.ts'

/** A version, or why it is unknown. */
export type VersionRead = { readonly version: string } | { readonly unknown: string }

/**
 * Reads the API server's version, and records a simulation. Never throws: a cluster that is unreachable or has no
 * readable version is judged anyway.
 * @param connect may throw
 */
export async function recordSimulation(run: Run, connect: () => Pick<Cluster, 'inventory'>): Promise<void> {
  const read = await readKubernetesVersion(run, connect)
  if ('version' in read) recordVersion(run, read)
}

/** The last attempt of a run: if it is still unknown, a warning says so. */
export async function recordSimulationOrWarn(
  run: Run,
  connect: () => Pick<Cluster, 'inventory'>,
): Promise<void> {
  recordVersion(run, await readKubernetesVersion(run, connect))
}

/** @param read reads the API server's version */
export function recordVersion(run: Run, read: VersionRead): void {
  if ('unknown' in read) {
    // An interrupted run learned nothing new.
    if (!run.signal.aborted) run.journal.simulationUnknown()
  } else if (isSimulatedVersion(read.version)) run.journal.simulated()
}

export async function readVersion<T>(
  reading: Promise<Readable<T>>,
  versionOf: (found: T) => string | undefined,
): Promise<VersionRead> {
  try {
    const read = await reading
    if (!('found' in read)) return { unknown: Object.values(read).join() }
    const version = versionOf(read.found)
    return version === undefined ? { unknown: 'its status does not tell' } : { version }
  } catch (error) {
    return { unknown: describeError(error) }
  }
}

function readKubernetesVersion(run: Run, connect: () => Pick<Cluster, 'inventory'>): Promise<VersionRead> {
  const reading = async () => connect().inventory.kubernetesVersion(run.limits(timeouts.clusterKind))
  return readVersion(reading(), (version) => version)
}
