/** Claims the checkup's ConfigMap for this run, and writes the status into it. */
import type { ConfigMaps } from '../cluster/config-map.ts'
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { START_KEY } from '../model/status-keys.ts'
import type { Environment } from './environment.ts'

/** Another run, current or earlier, has claimed the ConfigMap; it is left unchanged. */
export class InUseError extends SuiteError {
  constructor(message: string) {
    super('in-use', message)
  }
}

/**
 * Writes the start timestamp (RFC 3339, with milliseconds, so that it is unique for a run) and returns the data that it
 * read. Two concurrent runs cannot both claim it, because the update carries the version that was read.
 * @throws InUseError if there is a start timestamp already; ApiError
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
      // A request whose answer was lost is repeated; the timestamp found then is this run's own.
      const claimedBefore = found !== undefined && data[START_KEY] === startedAt
      if (!claimedBefore) mustBeUnused(data, { namespace, configMap })
      found ??= data
      return { ...data, [START_KEY]: startedAt }
    },
    limits,
  )
  return found ?? {}
}

/** @throws InUseError if there is a start timestamp */
export function mustBeUnused(
  data: Readonly<Record<string, string>>,
  { namespace, configMap }: Pick<Environment, 'namespace' | 'configMap'>,
): void {
  if (data[START_KEY] === undefined) return
  throw new InUseError(
    `ConfigMap ${namespace}/${configMap} is in use or was used before, since ${data[START_KEY]}`,
  )
}

/**
 * Adds the status to the ConfigMap's current data.
 * @throws SuiteError `not-claimed` if this run did not claim it, or no longer holds it; ApiError
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
        `ConfigMap ${namespace}/${configMap} is not the ConfigMap that this run claimed`,
      )
    },
    limits,
  )
}
