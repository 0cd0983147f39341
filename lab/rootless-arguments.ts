/** Parses the arguments of `npm start -- --suite rootless` and `npm run lab -- --suite rootless`. */
import { InvalidInputError } from '../support/common/errors.ts'
import { readOptions, unusableOptions } from './options.ts'

/** The levels of privileges that the pods can request. */
export const VARIANTS = ['default', 'root', 'privileged'] as const
export type RootlessVariant = (typeof VARIANTS)[number]

/** What a platform may lack, by the name that `--without` takes. */
export const OMISSIONS = {
  'vhost-net': 'needVhostNet of the SriovNetworkNodePolicy',
  machineconfig: 'the MachineConfigs: inheritable capabilities, and memory to lock',
  'inheritable-capabilities': 'add_inheritable_capabilities of CRI-O alone',
  'vf-mac': 'the MAC addresses that pods ask for their VFs',
} as const
export type Omission = keyof typeof OMISSIONS

export interface RootlessArguments {
  readonly command: 'start' | 'lab'
  readonly help: boolean
  /** The variants to run, one after the other. */
  readonly variants: readonly RootlessVariant[]
  readonly without: readonly Omission[]
  /** `NAME=value` as typed; the suite interprets them. */
  readonly parameters: readonly string[]
}

/** Whether the arguments select this suite. Does not validate the others. */
export function asksForRootless(args: readonly string[]): boolean {
  return args.some(
    (argument, index) =>
      argument === '--suite=rootless' || (argument === 'rootless' && args[index - 1] === '--suite'),
  )
}

/** @throws InvalidInputError naming every invalid argument */
export function parseRootlessArguments(args: readonly string[]): RootlessArguments {
  const { command, values, positionals } = readOptions(args)
  const violations = unusableOptions(values, { command, suite: 'rootless', runtime: 'qemu' })
  const { variant = command === 'start' ? 'all' : undefined } = values
  const variants = variant === 'all' ? VARIANTS : VARIANTS.filter((each) => each === variant)
  if (variant !== undefined && variants.length === 0)
    violations.push(`--variant takes ${VARIANTS.join(', ')} or all, not ${variant}`)
  const asked = (values.without ?? []).flatMap((list) => list.split(','))
  const without = asked.filter((name): name is Omission => Object.hasOwn(OMISSIONS, name))
  for (const name of asked)
    if (!Object.hasOwn(OMISSIONS, name))
      violations.push(`--without takes ${Object.keys(OMISSIONS).join(', ')}, not ${name}`)
  if (command === 'lab')
    for (const argument of positionals) violations.push(`lab takes no parameters (${argument})`)
  if (violations.length > 0) throw new InvalidInputError(violations)
  return { command, help: values.help === true, variants, without, parameters: positionals }
}
