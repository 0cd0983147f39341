/** The checkup's ConfigMap: taking it for this run, and giving it back with the status. */
import type { ConfigMaps } from '../cluster/config-map.ts'
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Environment } from './environment.ts'

export const START_KEY = 'status.startTimestamp'

/** Somebody else's run, or an earlier one, holds the ConfigMap: then nothing of it is changed. */
export class InUseError extends SuiteError {
  constructor(message: string) {
    super('in-use', message)
  }
}

/**
 * Writes the start timestamp (RFC 3339, with milliseconds so that it tells runs apart) and returns the data it found. Two runs that start at once can't both get it:
 * the update carries the version that was read.
 * @throws InUseError where a start timestamp stands there already; ApiError
 */
export async function claimConfigMap(
  configMaps: ConfigMaps,
  { namespace, configMap }: Environment,
  startedAt: string,
  limits: Limits,
): Promise<Readonly<Record<string, string>>> {
  let found: Readonly<Record<string, string>> | undefined
  await configMaps.change(
    namespace,
    configMap,
    (data) => {
      // An update whose answer was lost is sent again; what stands there then is this run's own claim.
      const claimedBefore = found !== undefined && data[START_KEY] === startedAt
      if (!claimedBefore) mustBeUnused(data, { namespace, configMap })
      found ??= data
      return { ...data, [START_KEY]: startedAt }
    },
    limits,
  )
  return found ?? {}
}

/** @throws InUseError where a start timestamp stands there */
export function mustBeUnused(
  data: Readonly<Record<string, string>>,
  { namespace, configMap }: Pick<Environment, 'namespace' | 'configMap'>,
): void {
  if (data[START_KEY] === undefined) return
  throw new InUseError(
    `ConfigMap ${namespace}/${configMap} is in use or was used before (${START_KEY} is ${data[START_KEY]}); ` +
      'delete it and create it anew for another run',
  )
}

/**
 * Adds the status to whatever the ConfigMap holds by now.
 * @throws SuiteError `not-claimed` where it is not, or not any more, the one that this run claimed; ApiError
 */
export async function writeStatus(
  configMaps: ConfigMaps,
  { namespace, configMap }: Environment,
  startedAt: string,
  status: Readonly<Record<string, string>>,
  limits: Limits,
): Promise<void> {
  await configMaps.change(
    namespace,
    configMap,
    (data) => {
      if (data[START_KEY] === startedAt) return { ...data, ...status }
      throw new SuiteError(
        'not-claimed',
        `ConfigMap ${namespace}/${configMap} is not the one that this run claimed`,
      )
    },
    limits,
  )
}
