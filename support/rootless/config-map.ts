/** The rootless suite's parameters and status in a ConfigMap, as for the readiness suite. */
import { formatDuration, parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import { configMapStatus } from '../report/configmap.ts'
import type { Report } from '../model/report.ts'
import {
  defaultParameters,
  type ParameterName,
  readRootlessParameters,
  type RootlessParameters,
  type Variant,
} from './parameters.ts'
import { SIMULATED_KEY, VERDICT_KEY } from '../model/status-keys.ts'

export interface SuiteParameters {
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** `namespace/pod` of a pod that can ping the tap, if given. */
  readonly pingFrom: string | undefined
  /** Time limit of the whole run in milliseconds; undefined: none. */
  readonly timeout: number | undefined
  /** Whether to take over fields of existing objects from other field managers. */
  readonly forceConflicts: boolean
  /** Whether to remove the changes of a deployment with MAC_DPDK_OVERRIDE from a network that other pods use. */
  readonly resetNetwork: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Parameters of the run, in addition to the pods'. */
const MORE = ['ROOT', 'PRIVILEGED', 'PING_FROM', 'FORCE_CONFLICTS', 'RESET_NETWORK'] as const
const PREFIX = 'spec.param.'

/** Without a ConfigMap, all parameters come from the environment. */
export function isAskedFor(env: Environment): boolean {
  return (env['CONFIGMAP_NAME'] ?? '') !== '' || (env['CONFIGMAP_NAMESPACE'] ?? '') !== ''
}

/** `TAP_QUEUES` is `spec.param.tapQueues`. */
export function configMapKey(name: ParameterName | (typeof MORE)[number]): string {
  const [first = '', ...rest] = name.toLowerCase().split('_')
  return PREFIX + first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/**
 * The environment takes precedence over the ConfigMap, and that over the defaults.
 * @param data of the ConfigMap, if there is one
 * @throws InvalidInputError with a sentence for each violation
 */
export function readSuiteParameters(
  env: Environment,
  data: Readonly<Record<string, string>> | undefined,
): SuiteParameters {
  const names = [...(Object.keys(defaultParameters()) as ParameterName[]), ...MORE]
  const keys = new Map(names.map((name) => [configMapKey(name), name]))
  const violations: string[] = []
  const given: Record<string, string> = {}
  for (const [key, value] of Object.entries(data ?? {})) {
    const name = keys.get(key)
    if (name !== undefined) given[name] = value
    else if (key.startsWith(PREFIX))
      violations.push(`${key.slice(0, 100)} is not a parameter of the rootless suite`)
  }
  const timeoutText = data?.['spec.timeout']
  const timeout = timeoutText === undefined ? undefined : (parseDuration(timeoutText) ?? 0)
  if (timeout !== undefined && timeout <= 0)
    violations.push(
      `spec.timeout must be a duration such as 10m, not ${JSON.stringify(timeoutText?.slice(0, 100))}`,
    )
  if (timeout !== undefined && timeout > LONGEST)
    violations.push(`spec.timeout must be at most ${formatDuration(LONGEST)}`)
  const all: Record<string, string | undefined> = { ...given }
  for (const name of names) all[name] = env[name] ?? given[name]
  const pingFrom = all['PING_FROM'] ?? ''
  if (pingFrom !== '' && !/^[a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*$/.test(pingFrom))
    violations.push(`PING_FROM must be namespace/pod, not ${JSON.stringify(pingFrom.slice(0, 100))}`)
  const [force, reset] = (['FORCE_CONFLICTS', 'RESET_NETWORK'] as const).map((name) => {
    const value = all[name] ?? ''
    if (!['', 'true', 'false'].includes(value))
      violations.push(`${name} must be true or false, not ${JSON.stringify(value.slice(0, 100))}`)
    return value === 'true'
  })
  let read: ReturnType<typeof readRootlessParameters> | undefined
  try {
    read = readRootlessParameters(all)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    violations.push(...error.violations)
  }
  if (read === undefined || violations.length > 0) throw new InvalidInputError(violations)
  return {
    ...read,
    pingFrom: pingFrom === '' ? undefined : pingFrom,
    timeout,
    forceConflicts: force === true,
    resetNetwork: reset === true,
  }
}

/** Milliseconds; the longest timer of Node. */
const LONGEST = 24 * 3600 * 1000

/** The same keys as the readiness suite's, without its specific results. */
export function rootlessStatus(report: Report): Record<string, string> {
  const kept = [VERDICT_KEY, SIMULATED_KEY]
  const status = Object.entries(configMapStatus(report))
  return Object.fromEntries(status.filter(([key]) => !key.startsWith('status.result.') || kept.includes(key)))
}
