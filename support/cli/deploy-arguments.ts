/** What users type behind `dpdk-checkup rootless deploy` and `rootless undeploy`. */
import { parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import type { OptionRecords, OptionValues } from './option.ts'
import { APPLICATIONS, type Tree } from '../rootless/names.ts'
import {
  DEFINITIONS,
  defaultParameters,
  readRootlessParameters,
  type RootlessParameters,
  type Variant,
} from '../rootless/parameters.ts'

export interface DeployArguments {
  readonly command: 'deploy' | 'undeploy'
  readonly tree: Tree
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** Milliseconds. */
  readonly timeout: number
  /** Whether what could not be brought up stays to be looked at. */
  readonly keep: boolean
  /** Whether fields of objects that were there before are taken from those who own them. */
  readonly forceConflicts: boolean
  /** Whether the manifests are printed, and nothing is asked of a cluster. */
  readonly renderOnly: boolean
}

export const TREES: readonly Tree[] = ['machineconfig', 'prerequisites', ...APPLICATIONS]
const DEFAULT_TIMEOUTS: Readonly<Record<Tree, string>> = {
  machineconfig: '60m',
  prerequisites: '2m',
  'testpmd-portforwarder': '5m',
  'testpmd-tap': '5m',
  'testpmd-source': '5m',
}

export const UNDEPLOY_OPTIONS = {
  timeout: {
    type: 'text',
    value: 'DURATION',
    doc: `how long it may take (default ${DEFAULT_TIMEOUTS['testpmd-tap']}; machineconfig ${DEFAULT_TIMEOUTS.machineconfig}, because nodes reboot)`,
  },
} as const satisfies OptionRecords

export const DEPLOY_OPTIONS = {
  ...UNDEPLOY_OPTIONS,
  keep: { type: 'flag', doc: 'keep a pod that did not start, for debugging' },
  'force-conflicts': {
    type: 'flag',
    doc: 'change objects of others that have the same names; they are never removed',
  },
  render: {
    type: 'flag',
    doc: 'print the manifests that would be applied, and apply nothing; needs no cluster',
  },
} as const satisfies OptionRecords

/** For the help. */
export const VARIABLES_TEXT = `  ROOT=true         the pod runs as uid 0, with the same two capabilities
  PRIVILEGED=true   the pod is privileged (for testing)

ROOT, PRIVILEGED and these are taken from the command line or from the environment:
${Object.entries(defaultParameters())
  .map(([name, value]) => `  ${name}=${value}`)
  .join('\n')}`

/** @throws InvalidInputError naming every word that is not understood */
export function readDeployArguments(
  command: DeployArguments['command'],
  [tree, ...assignments]: readonly string[],
  options: Partial<OptionValues<typeof DEPLOY_OPTIONS>>,
  env: Readonly<Record<string, string | undefined>>,
): DeployArguments {
  if (!isTree(tree))
    throw new InvalidInputError([`expected one of ${TREES.join(', ')}, not ${tree ?? 'nothing'}`])
  const violations: string[] = []
  const given: Record<string, string> = {}
  for (const word of assignments) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || value === undefined) violations.push(`${word} is not of the form NAME=value`)
    else if (!Object.hasOwn(DEFINITIONS, name) && name !== 'ROOT' && name !== 'PRIVILEGED')
      violations.push(`${name} is not a parameter`)
    else given[name] = value
  }
  const timeout = parseDuration(options.timeout ?? DEFAULT_TIMEOUTS[tree]) ?? 0
  if (timeout <= 0)
    violations.push(`--timeout must be a duration such as 5m, not ${JSON.stringify(options.timeout)}`)
  let read: ReturnType<typeof readRootlessParameters> | undefined
  try {
    read = readRootlessParameters({ ...env, ...given })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    violations.push(...error.violations)
  }
  if (read === undefined || violations.length > 0) throw new InvalidInputError(violations)
  return {
    command,
    tree,
    ...read,
    timeout,
    keep: options.keep === true,
    forceConflicts: options['force-conflicts'] === true,
    renderOnly: options.render === true,
  }
}

function isTree(word: string | undefined): word is Tree {
  return TREES.some((tree) => tree === word)
}
