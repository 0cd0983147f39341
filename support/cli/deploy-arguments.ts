/** What users type behind `npm run deploy:… --` and `npm run undeploy:… --`. */
import { parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import { parseOptions } from '../common/parse-options.ts'
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

const TREES: readonly Tree[] = ['machineconfig', 'prerequisites', ...APPLICATIONS]
const DEFAULT_TIMEOUTS: Readonly<Record<Tree, string>> = {
  machineconfig: '60m',
  prerequisites: '2m',
  'testpmd-portforwarder': '5m',
  'testpmd-tap': '5m',
  'testpmd-source': '5m',
}

const OPTIONS = {
  timeout: { type: 'string' },
  keep: { type: 'boolean' },
  'force-conflicts': { type: 'boolean' },
  render: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export function deployHelp(): string {
  const defaults = Object.entries(defaultParameters())
  return `
Usage:
  npm run deploy:machineconfig -- [options] [NAME=value …]
  npm run deploy:testpmd-portforwarder -- [options] [NAME=value …]
  npm run deploy:testpmd-tap -- [options] [NAME=value …]
  npm run undeploy:machineconfig | undeploy:testpmd-portforwarder | undeploy:testpmd-tap

Renders a tree of fixtures/rootless with kubectl's kustomize, applies it on the server, and waits until it is
really up: the pod ready, and testpmd forwarding by its own log. Where it cannot come up, what this run created is
removed again, and the cause told; MachineConfigs stay, as removing them reboots the nodes once more.

What was there before is never removed, by deploying or undeploying. Each object that a run creates is labelled as
created in the request that creates it; undeploying removes objects with that label, those of interrupted runs too. What was found
is changed at most, and stays. The namespace stays as long as anything of others is in it, or where this account may
not list all of it. Objects of others with the same names, such as those of the original repository, end a deployment
before anything is touched.

  ROOT=true         the pod runs as uid 0, with the same two capabilities
  PRIVILEGED=true   the pod is privileged (for testing)

Options:
  --timeout DURATION  how long it may take (default ${DEFAULT_TIMEOUTS['testpmd-tap']}; machineconfig ${DEFAULT_TIMEOUTS.machineconfig}, as nodes reboot)
  --keep              leave what could not be brought up, to look at it
  --force-conflicts   change objects of others that have the same names; they are never removed
  --render            print the manifests that would be applied, and apply nothing; needs no cluster
  -h, --help          this text

ROOT, PRIVILEGED and these are taken from the command line or from the environment:
${defaults.map(([name, value]) => `  ${name}=${value}`).join('\n')}

Exit code: 0 done, 2 not done.
`.trimStart()
}

/** @throws InvalidInputError naming every word that is not understood; returns undefined where help is asked for */
export function parseDeployArguments(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DeployArguments | undefined {
  const { values, positionals } = parseOptions(words, OPTIONS)
  if (values.help === true) return undefined
  const [command, tree, ...assignments] = positionals
  if ((command !== 'deploy' && command !== 'undeploy') || !isTree(tree)) {
    const wanted = `deploy or undeploy, and one of ${TREES.join(', ')}`
    throw new InvalidInputError([`wanted ${wanted}, not ${positionals.slice(0, 2).join(' ') || 'nothing'}`])
  }
  const violations: string[] = []
  const given: Record<string, string> = {}
  for (const word of assignments) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || value === undefined) violations.push(`${word} is no NAME=value; see --help`)
    else if (!Object.hasOwn(DEFINITIONS, name) && name !== 'ROOT' && name !== 'PRIVILEGED')
      violations.push(`${name} is no parameter; see --help`)
    else given[name] = value
  }
  const timeout = parseDuration(values.timeout ?? DEFAULT_TIMEOUTS[tree]) ?? 0
  if (timeout <= 0)
    violations.push(`--timeout must be a duration such as 5m, not ${JSON.stringify(values.timeout)}`)
  if (values.render === true && command === 'undeploy') violations.push('--render is for deploy only')
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
    keep: values.keep === true,
    forceConflicts: values['force-conflicts'] === true,
    renderOnly: values.render === true,
  }
}

function isTree(word: string | undefined): word is Tree {
  return TREES.some((tree) => tree === word)
}
