/** `dpdk-checkup list`: lists the records from which the documentation is generated. */
import { EXIT_CODE } from '../../common/exit-code.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { CATALOGUE } from '../../diagnosis/catalogue.ts'
import { READINESS_CRITERIA } from '../../readiness/criteria/criteria.ts'
import type { Parameter } from '../../readiness/parameter.ts'
import { PARAMETERS, TIMEOUT } from '../../readiness/parameters.ts'
import { runOfClone } from '../child.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'

interface Entry {
  readonly name: string
  readonly doc: string
}

const LISTS = {
  criteria: () => READINESS_CRITERIA.map(({ id, title }) => ({ name: id, doc: title })),
  causes: () => CATALOGUE.map(({ id, title }) => ({ name: id, doc: title })),
  parameters: () => [
    parameterEntry('timeout', TIMEOUT),
    ...Object.entries<Parameter<unknown>>(PARAMETERS).map(([name, one]) => parameterEntry(name, one)),
  ],
} as const satisfies Readonly<Record<string, () => readonly Entry[]>>

/** The lab's own program lists the faults. */
const FAULTS = 'faults'
const LIST_NAMES: readonly string[] = [...Object.keys(LISTS), FAULTS]

export const list = defineCommand({
  name: 'list',
  summary: 'List criteria, causes, parameters, or faults of the lab (faults only in a clone)',
  arguments: [{ name: 'WHAT', doc: LIST_NAMES.join(', '), isRequired: true }],
  options: FORMAT_OPTION,
  examples: [
    { line: 'list criteria', doc: 'All criteria, each with its id' },
    { line: 'list parameters -o json', doc: 'For programs' },
  ],
  run: printList,
})

function printList({ options, args, session }: Call<typeof FORMAT_OPTION>): number | Promise<number> {
  const [what = ''] = args
  if (what === FAULTS) return runOfClone('start', ['--runtime', 'scripted', '--fault', 'list'], session)
  if (!isList(what)) throw new InvalidInputError([`${what} is not one of ${LIST_NAMES.join(', ')}`])
  const entries: readonly Entry[] = LISTS[what]()
  const width = Math.max(...entries.map(({ name }) => name.length))
  session.print(
    options.format === 'json'
      ? jsonText(entries)
      : entries.map(({ name, doc }) => `${name.padEnd(width)}  ${doc}`).join('\n'),
  )
  return EXIT_CODE.ok
}

function isList(what: string): what is keyof typeof LISTS {
  return Object.hasOwn(LISTS, what)
}

function parameterEntry(name: string, { doc, default: usual, isMandatory }: Parameter<unknown>): Entry {
  const absent = isMandatory === true ? ' (mandatory)' : usual === undefined ? '' : ` (default: ${usual})`
  return { name, doc: doc + absent }
}
