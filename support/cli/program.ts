/** The command line of `dpdk-checkup`, built from the records of its commands. */
import { Argument, Command, type CommanderError, Help, Option } from 'commander'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { abortOnSignals } from '../common/signals.ts'
import type { AnyCommand, ArgumentRecord, Call, Example } from './command.ts'
import type { OptionRecord, OptionRecords } from './option.ts'
import { CLUSTER_OPTIONS, COMMON_OPTIONS, type GlobalValues, openSession } from './session.ts'
import { versionText } from './version.ts'

export const PROGRAM = 'dpdk-checkup'

const USUAL_EXIT_CODES = '0 done, 2 not done'
const USUAL_WIDTH = 100
const GLOBAL_GROUP = 'Global options:'

const DESCRIPTION =
  'Judges whether a KubeVirt cluster is ready for DPDK workloads, by running one.\n' +
  'If the program is on the search path, kubectl dpdk-checkup runs it too.'

/** Input and output of the program; tests replace them. */
export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv
  /** Prints help and results; default: on stdout. */
  readonly print?: (text: string) => void
  /** Width of the help, in columns. */
  readonly columns?: number | undefined
}

/** An invalid command line; the hint names the command whose help to read. */
export class UsageError extends InvalidInputError {
  readonly hint: string

  constructor(violations: readonly string[], command: string) {
    super(violations)
    this.hint = `${command} --help`
  }
}

/** Thrown after help or version was printed, because commander would exit. */
class Printed extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('printed')
    this.exitCode = exitCode
  }
}

/** Runs a command. @returns its exit code @throws UsageError; whatever the command throws */
export async function runProgram(
  records: readonly AnyCommand[],
  args: readonly string[],
  options: ProgramOptions,
): Promise<number> {
  const result = { exitCode: EXIT_CODE.error as number }
  const { program } = build(records, options, async (record, command) => {
    result.exitCode = await perform(record, command, program, options)
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return result.exitCode
  } catch (error) {
    if (error instanceof Printed) return error.exitCode
    throw error
  }
}

/** The help of a command; without a name, the help of the program. @throws TypeError if there is no such command */
export function helpOf(records: readonly AnyCommand[], name?: string, columns = USUAL_WIDTH): string {
  let text = ''
  const print = (part: string) => {
    text += part
  }
  const { program, leaves } = build(records, { env: {}, print, columns }, () => Promise.resolve())
  const command = name === undefined ? program : leaves.get(name)
  if (command === undefined) throw new TypeError(`there is no command ${name ?? ''}`)
  command.outputHelp()
  return text
}

type Action = (record: AnyCommand, command: Command) => Promise<void>

interface Built {
  readonly program: Command
  readonly leaves: ReadonlyMap<string, Command>
}

function build(records: readonly AnyCommand[], options: ProgramOptions, action: Action): Built {
  const print = options.print ?? ((text: string) => void process.stdout.write(text))
  const columns = options.columns ?? (process.stdout.isTTY ? process.stdout.columns : USUAL_WIDTH)
  const program = new Command(PROGRAM)
    .description(DESCRIPTION)
    .usage('<command> [options]')
    .version(versionText(), '--version', 'print version and commit')
    .helpOption('-h, --help', 'print this text, or the help of a command')
    .helpCommand(false)
    .enablePositionalOptions()
    .configureOutput({
      writeOut: print,
      // The caller prints the error, once.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
  const leaves = new Map<string, Command>()
  program.configureHelp({
    visibleCommands: (command) =>
      [...leaves.values()].filter((leaf) => leaf !== command && isBelow(leaf, command)),
    subcommandTerm: (command) => nameOf(command),
  })
  endWith(program)
  addOptions(program, { ...COMMON_OPTIONS, ...CLUSTER_OPTIONS }, GLOBAL_GROUP)
  const needClone = records.filter(({ needsClone }) => needsClone === true)
  if (needClone.length > 0) program.addHelpText('after', '\n* works only in a clone of the repository')
  program.addHelpText(
    'after',
    `\n${PROGRAM} <command> --help prints the options of a command, with examples.`,
  )
  for (const record of records) {
    const [last = '', ...groups] = record.name.split(' ').reverse()
    const parent = groups.reverse().reduce(groupOf, program)
    const command = parent.command(last)
    describe(command, record, columns)
    command.action(() => action(record, command))
    leaves.set(record.name, command)
  }
  return { program, leaves }
}

/** The parent command `rootless` of `rootless deploy`; creates it if it is missing. */
function groupOf(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  if (found !== undefined) return found
  const group = parent.command(name).usage('<command> [options]').helpCommand(false).enablePositionalOptions()
  endWith(group)
  return group
}

function describe(command: Command, record: AnyCommand, columns: number): void {
  const { summary, details, options, examples, usesCluster, needsClone, passesOn, exitCodes } = record
  const mark = needsClone === true ? ' *' : ''
  command
    .summary(summary + mark)
    .description(
      needsClone === true ? `${summary}. It works only in a clone of the repository.` : `${summary}.`,
    )
  for (const argument of record.arguments ?? []) command.addArgument(argumentOf(argument))
  endWith(command)
  if (passesOn === true) {
    command.argument('[arguments...]').allowUnknownOption().passThroughOptions().helpOption(false)
  } else {
    addOptions(command, options, 'Options:')
    if (usesCluster === true) addOptions(command, CLUSTER_OPTIONS, GLOBAL_GROUP)
    addOptions(command, COMMON_OPTIONS, GLOBAL_GROUP)
    command.helpOption('-h, --help', 'print this text')
  }
  if (details !== undefined) command.addHelpText('after', `\n${paragraphs(details, columns)}`)
  command.addHelpText('after', `\nExamples:\n${examples.map(exampleText).join('\n')}`)
  const codes = `Exit code: ${exitCodes ?? USUAL_EXIT_CODES}`
  command.addHelpText('after', `\n${paragraphs(codes, columns)}`)
}

/** Wraps text to a width; indented lines stay as they are. */
function paragraphs(text: string, columns: number): string {
  const joined = text.trim().replaceAll(/(\S)\n(?=\S)/g, '$1 ')
  return new Help().boxWrap(joined, columns)
}

function exampleText({ line, doc }: Example): string {
  return `  # ${doc}\n  ${PROGRAM} ${line}`
}

function argumentOf({ name, doc, isRequired, isList }: ArgumentRecord): Argument {
  const dots = isList === true ? '...' : ''
  return new Argument(isRequired === true ? `<${name}${dots}>` : `[${name}${dots}]`, doc)
}

function addOptions(command: Command, records: OptionRecords, group: string): void {
  for (const [name, record] of Object.entries(records))
    command.addOption(optionOf(name, record).helpGroup(group))
}

function optionOf(name: string, record: OptionRecord): Option {
  const short = record.short === undefined ? '' : `-${record.short}, `
  const value = record.type === 'flag' ? '' : ` <${record.value}>`
  const option = new Option(`${short}--${name}${value}`, record.doc)
  if (record.type === 'list')
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
  if (record.type === 'text') {
    if (record.choices !== undefined) option.choices(record.choices)
    if (record.default !== undefined) option.default(record.default, record.default)
  }
  return option
}

/** Without this, commander would end the process. */
function endWith(command: Command): void {
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) throw new Printed(EXIT_CODE.ok)
    const missing = 'a command is missing'
    const sentence = error.code === 'commander.help' ? missing : sentenceOf(error.message)
    throw new UsageError([sentence], fullNameOf(command))
  })
}

/**
 * The message of a commander error, without its prefix and line breaks: `error: unknown option '--x'\n(Did you mean
 * --y?)`.
 */
function sentenceOf(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replaceAll('\n', ' ')
}

function nameOf(command: Command): string {
  const { parent } = command
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`
}

function fullNameOf(command: Command): string {
  return command.parent === null ? PROGRAM : `${PROGRAM} ${nameOf(command)}`
}

function isBelow(command: Command, ancestor: Command): boolean {
  for (let at: Command | null = command; at !== null; at = at.parent) if (at === ancestor) return true
  return false
}

async function perform(
  record: AnyCommand,
  command: Command,
  program: Command,
  { env, print }: ProgramOptions,
): Promise<number> {
  const own = command.opts<Record<string, unknown>>()
  const before = program.opts<Record<string, unknown>>()
  // Like kubectl, accepts these options before the command's name too.
  const globals = { ...before, ...own } as GlobalValues
  if (record.usesCluster !== true)
    for (const name of Object.keys(CLUSTER_OPTIONS))
      if (before[name] !== undefined && record.passesOn !== true)
        throw new UsageError([`${record.name} takes no --${name}`], fullNameOf(command))
  const { interruption } = record
  const interrupted = interruption === undefined ? new AbortController().signal : abortOnSignals(interruption)
  try {
    using session = openSession(globals, env, interrupted, print)
    const call: Call = { options: valuesOf(record.options, command), args: command.args, session }
    return await record.run(call as Call<never>)
  } catch (error) {
    if (error instanceof InvalidInputError && error.code === 'invalid-input')
      throw new UsageError(error.violations, fullNameOf(command))
    throw error
  }
}

function valuesOf(records: OptionRecords, command: Command): Call['options'] {
  const given = command.opts<Record<string, unknown>>()
  const values = Object.entries(records).map(([name, { type }]) => {
    const attribute = new Option(`--${name}`).attributeName()
    const value = given[attribute] ?? (type === 'flag' ? false : type === 'list' ? [] : undefined)
    return [name, value] as const
  })
  return Object.fromEntries(values) as Call['options']
}
