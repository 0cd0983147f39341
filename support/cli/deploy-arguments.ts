/** The arguments of `dpdk-checkup rootless deploy`, `rootless undeploy` and `rootless render`. */
import { parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import type { OptionRecords, OptionValues } from './option.ts'
import { APPLICATIONS, type RenderedTree, type Tree } from '../rootless/names.ts'
import {
  DEFINITIONS,
  defaultParameters,
  readRootlessParameters,
  type RootlessParameters,
  type Variant,
} from '../rootless/parameters.ts'

/** Prints one tree. */
export interface RenderArguments {
  readonly tree: RenderedTree
  readonly parameters: RootlessParameters
  readonly variant: Variant
}

export interface DeployArguments {
  readonly command: 'deploy' | 'undeploy'
  readonly tree: Tree
  readonly parameters: RootlessParameters
  readonly variant: Variant
  /** Milliseconds. */
  readonly timeout: number
  /** Whether the objects of a failed deployment stay, for debugging. */
  readonly keep: boolean
  /** Whether to take over fields of existing objects from other field managers (kubectl's `--force-conflicts`). */
  readonly forceConflicts: boolean
  /**
   * Whether to undo what a deployment with MAC_DPDK_OVERRIDE has set in a SriovNetwork, even if other pods use that
   * network.
   */
  readonly resetNetwork: boolean
  /** Whether to print the manifests only; no request is sent to a cluster. */
  readonly renderOnly: boolean
}

export const TREES: readonly Tree[] = ['machineconfig', 'prerequisites', ...APPLICATIONS]
export const RENDERED: readonly RenderedTree[] = [...TREES, 'testpmd-source', 'sriov-network-node-policy']
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
    doc: `how long the deployment may take (default ${DEFAULT_TIMEOUTS['testpmd-tap']}; machineconfig ${DEFAULT_TIMEOUTS.machineconfig}, because nodes reboot)`,
  },
} as const satisfies OptionRecords

export const DEPLOY_OPTIONS = {
  ...UNDEPLOY_OPTIONS,
  keep: { type: 'flag', doc: 'keep a pod that did not start, for debugging' },
  'force-conflicts': {
    type: 'flag',
    doc: 'change existing objects with the same names, even if others manage them; these objects are never removed',
  },
  'reset-network': {
    type: 'flag',
    doc: 'remove spoofChk and trust, which MAC_DPDK_OVERRIDE set, from a SriovNetwork even if others use it',
  },
  render: {
    type: 'flag',
    doc: 'print the manifests, and apply nothing; needs no cluster',
  },
} as const satisfies OptionRecords

/** The variables, for the help. */
export const VARIABLES_TEXT = `  ROOT=true         the pod runs as uid 0, with the same two capabilities
  PRIVILEGED=true   the pod is privileged (for testing)

Set ROOT, PRIVILEGED and these variables on the command line or in the environment:
${Object.entries(defaultParameters())
  .map(([name, value]) => `  ${name}=${value}`)
  .join('\n')}`

/** @throws InvalidInputError naming every invalid word */
export function readDeployArguments(
  command: DeployArguments['command'],
  [tree, ...assignments]: readonly string[],
  options: Partial<OptionValues<typeof DEPLOY_OPTIONS>>,
  env: Readonly<Record<string, string | undefined>>,
): DeployArguments {
  if (!isTree(tree))
    throw new InvalidInputError([`expected one of ${TREES.join(', ')}, not ${tree ?? 'nothing'}`])
  const timeout = parseDuration(options.timeout ?? DEFAULT_TIMEOUTS[tree]) ?? 0
  const wrongTime = `--timeout must be a duration such as 5m, not ${JSON.stringify(options.timeout)}`
  const read = readAssignments(assignments, env, timeout > 0 ? [] : [wrongTime])
  return {
    command,
    tree,
    ...read,
    timeout,
    keep: options.keep === true,
    forceConflicts: options['force-conflicts'] === true,
    resetNetwork: options['reset-network'] === true,
    renderOnly: options.render === true,
  }
}

/** @throws InvalidInputError naming every invalid word */
export function readRenderArguments(
  [tree, ...assignments]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RenderArguments {
  const found = RENDERED.find((each) => each === tree)
  if (found === undefined)
    throw new InvalidInputError([`expected one of ${RENDERED.join(', ')}, not ${tree ?? 'nothing'}`])
  return { tree: found, ...readAssignments(assignments, env) }
}

/** @throws InvalidInputError that lists `besides`, then every invalid assignment */
function readAssignments(
  assignments: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  besides: readonly string[] = [],
): ReturnType<typeof readRootlessParameters> {
  const violations = [...besides]
  const given: Record<string, string> = {}
  for (const assignment of assignments) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/s.exec(assignment) ?? []
    if (name === undefined || value === undefined) violations.push(`${assignment} is not NAME=value`)
    else if (!Object.hasOwn(DEFINITIONS, name) && name !== 'ROOT' && name !== 'PRIVILEGED')
      violations.push(`${name} is not a parameter`)
    else given[name] = value
  }
  let read: ReturnType<typeof readRootlessParameters> | undefined
  try {
    read = readRootlessParameters({ ...env, ...given })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    violations.push(...error.violations)
  }
  if (read === undefined || violations.length > 0) throw new InvalidInputError(violations)
  return read
}

function isTree(name: string | undefined): name is Tree {
  return TREES.some((tree) => tree === name)
}
