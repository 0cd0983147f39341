/** Whether the run that claimed a ConfigMap may still go on. */
import { parseDuration } from '../common/duration.ts'
import { timeouts } from '../model/timeouts.ts'
import { TIMEOUT_KEY } from './parameters.ts'
import { COMPLETION_KEY, START_KEY } from '../model/status-keys.ts'

export interface OngoingRun {
  /** Name of its ConfigMap. */
  readonly configMap: string
  /** When it claimed that, RFC 3339. */
  readonly since: string
  /** The latest time at which it can end, RFC 3339: after `spec.timeout` and the time for its teardown. */
  readonly until: string
}

/** Only the fields used here. */
interface CheckupConfigMap {
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>> | null | undefined
}

/** Undefined if no run has claimed it, if that run has ended, or if its time is over. */
export function ongoingRunOf({ metadata, data }: CheckupConfigMap, now = Date.now()): OngoingRun | undefined {
  const since = data?.[START_KEY] ?? ''
  const started = Date.parse(since)
  const timeout = parseDuration(data?.[TIMEOUT_KEY] ?? '')
  if (Number.isNaN(started) || timeout === undefined) return undefined
  if (data?.[COMPLETION_KEY] !== undefined) return undefined
  const end = started + timeout + timeouts.teardown
  return end < now ? undefined : { configMap: metadata.name, since, until: new Date(end).toISOString() }
}
