/** The options of `npm start` and `npm run lab` for both suites, and where each applies. */
import { InvalidInputError } from '../support/common/errors.ts'
import { parseOptions } from '../support/common/parse-options.ts'

export type Command = 'start' | 'lab'
export type SuiteName = 'readiness' | 'rootless'
export type RuntimeName = 'qemu' | 'scripted'

interface Scope {
  /** Each field restricts the option; an absent one does not. */
  readonly suite?: SuiteName
  readonly runtime?: RuntimeName
  readonly command?: Command
}

const PARSED = {
  suite: { type: 'string' },
  runtime: { type: 'string' },
  nic: { type: 'string' },
  'guest-image': { type: 'string' },
  iommu: { type: 'string' },
  fault: { type: 'string', multiple: true },
  'lab-nodes': { type: 'string' },
  variant: { type: 'string' },
  without: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const
type OptionName = keyof typeof PARSED

const SCOPES: Readonly<Record<OptionName, Scope>> = {
  suite: {},
  runtime: { suite: 'readiness' },
  nic: { suite: 'readiness' },
  'guest-image': { suite: 'readiness' },
  iommu: { suite: 'readiness', runtime: 'qemu' },
  fault: { suite: 'readiness', runtime: 'scripted' },
  'lab-nodes': { suite: 'readiness' },
  variant: { suite: 'rootless', command: 'start' },
  without: { suite: 'rootless' },
  help: {},
}

/** Names of all options, without the dashes. */
export const OPTION_NAMES = Object.keys(SCOPES) as readonly OptionName[]

/** Splits the arguments into command, options and positionals; each suite interprets them. @throws InvalidInputError */
export function readOptions(args: readonly string[]) {
  const [command, ...rest] = args
  if (command !== 'start' && command !== 'lab')
    throw new InvalidInputError([`the command is start or lab, not ${command ?? 'nothing'}`])
  const asked: Command = command
  return { command: asked, ...parseOptions(rest, PARSED) }
}

/** The parts of the request that options depend on. */
export interface Asked {
  readonly command: Command
  readonly suite: SuiteName
  readonly runtime: RuntimeName
}

/** One sentence for each given option that has no effect on this request. */
export function unusableOptions(typed: Readonly<Record<string, unknown>>, asked: Asked): string[] {
  return OPTION_NAMES.filter((name) => typed[name] !== undefined).flatMap((name) => {
    const { suite = asked.suite, runtime = asked.runtime, command = asked.command } = SCOPES[name]
    if (suite !== asked.suite) return [`--${name} works with --suite ${suite} only`]
    if (runtime !== asked.runtime) return [`--${name} works with --runtime ${runtime} only`]
    if (command !== asked.command) return [`--${name} works with npm start only: the lab alone runs no suite`]
    return []
  })
}
