/** ConfigMaps of runs that are kept for their reports, for example by a schedule. */
import type { ConfigMap, ConfigMaps } from '../cluster/config-map.ts'
import { InvalidInputError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { START_KEY } from '../model/status-keys.ts'

/** Marks the ConfigMaps that may be removed when there are too many. */
export const KEPT_LABEL = { 'kubevirt-dpdk-checkup/kept': 'true' } as const

/**
 * Removes the ConfigMaps of the oldest runs, and with them their reports, until so many are left. One whose run never
 * started counts as the oldest.
 * @throws ApiError e.g. if the account may not list ConfigMaps
 */
export async function removeOldest(
  configMaps: Pick<ConfigMaps, 'list' | 'delete'>,
  namespace: string,
  keep: number,
  limits: Limits,
): Promise<void> {
  const [[label, value]] = Object.entries(KEPT_LABEL) as [[string, string]]
  const kept = (await configMaps.list(namespace, limits)).filter(
    ({ metadata }) => metadata.labels?.[label] === value,
  )
  const startOf = ({ data }: ConfigMap) => data?.[START_KEY] ?? ''
  const oldest = kept.toSorted((one, other) => (startOf(one) < startOf(other) ? -1 : 1)).slice(0, -keep)
  for (const { metadata } of oldest)
    if (metadata.uid !== undefined) await configMaps.delete(namespace, metadata.name, metadata.uid, limits)
}

/** The value of `--keep`. @throws InvalidInputError if it is not a number of runs */
export function keptRuns(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidInputError([`--keep must be a number of runs from 1 to 9999, not ${text}`])
}
