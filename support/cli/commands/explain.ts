/** `dpdk-checkup explain`: says what a criterion or a cause means, and what to do. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { mostSimilar } from '../../common/similar.ts'
import { oneLine, shorten } from '../../common/text.ts'
import { hang } from '../../common/wrap.ts'
import { CATALOGUE } from '../../diagnosis/catalogue.ts'
import type { CauseEntry } from '../../diagnosis/cause.ts'
import { READINESS_CRITERIA } from '../../readiness/criteria/criteria.ts'
import { ROOTLESS_CRITERIA } from '../../rootless/criteria/criteria.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { groupOf } from '../../model/criterion-result.ts'
import { covers } from '../../model/cause-record.ts'

interface Criterion {
  readonly id: string
  readonly title: string
  readonly isEssential?: true
}

const CRITERIA: readonly Criterion[] = [...READINESS_CRITERIA, ...ROOTLESS_CRITERIA]

export const explain = defineCommand({
  name: 'explain',
  summary: 'Explain a criterion or a cause, and what to do about it',
  details: 'It prints the text of docs/criteria.md or docs/causes.md. It needs no cluster.',
  arguments: [{ name: 'ID', doc: 'id of a criterion or a cause, as in the reports', isRequired: true }],
  options: FORMAT_OPTION,
  examples: [
    { line: 'explain lost-before-vm', doc: 'A cause' },
    { line: 'explain traffic.no-loss', doc: 'A criterion, and the causes that explain it' },
  ],
  run: explainId,
})

function explainId({ options, args, session }: Call<typeof FORMAT_OPTION>): number {
  const [id = ''] = args
  const cause = CATALOGUE.find((one) => one.id === id)
  const criterion = CRITERIA.find((one) => one.id === id)
  if (cause === undefined && criterion === undefined) throw new InvalidInputError([unknown(id)])
  const found = cause === undefined ? criterionFacts(criterion) : causeFacts(cause)
  session.print(options.format === 'json' ? jsonText(found) : textOf(found))
  return EXIT_CODE.ok
}

function unknown(id: string): string {
  const similar = mostSimilar(
    id,
    [...CATALOGUE, ...CRITERIA].map((one) => one.id),
  )
  const meant =
    similar === undefined
      ? 'see dpdk-checkup list criteria and dpdk-checkup list causes'
      : `did you mean ${similar}?`
  return `${shorten(oneLine(id), 100)} is neither a criterion nor a cause; ${meant}`
}

function causeFacts({ id, title, looksAt, provedBy, remedy, explains }: CauseEntry) {
  return { cause: id, title, readFrom: looksAt, shownBy: provedBy, remedy, explains }
}

function criterionFacts(criterion: Criterion | undefined) {
  const { id = '', title = '', isEssential } = criterion ?? {}
  return {
    criterion: id,
    title,
    neededForAPass: isEssential === true,
    causes: CATALOGUE.filter(({ explains }) => explains.some((one) => covers(one, id))).map((one) => one.id),
  }
}

type Facts = ReturnType<typeof causeFacts> | ReturnType<typeof criterionFacts>

const LABEL_WIDTH = 'Read from  '.length
const ITEM = '  '
/** Also where the output is not a terminal: a criterion may have dozens of causes. */
const USUAL_COLUMNS = 80

function textOf(facts: Facts): string {
  const columns = process.stdout.columns || USUAL_COLUMNS
  const line = (label: string, text: string) => hang(label.padEnd(LABEL_WIDTH), text, columns)
  if ('cause' in facts)
    return [
      hang('', `${facts.cause}: ${facts.title}`, columns),
      '',
      line('Read from', facts.readFrom),
      line('Shown by', facts.shownBy),
      line('Remedy', facts.remedy),
      line('Explains', facts.explains.join(', ')),
    ].join('\n')
  // Causes that name this criterion, and causes of its group.
  const own = CATALOGUE.filter(({ explains }) => explains.includes(facts.criterion))
  const ofGroup = facts.causes.filter((id) => !own.some((one) => one.id === id))
  return [
    hang('', `${facts.criterion}: ${facts.title}`, columns),
    '',
    facts.neededForAPass
      ? 'A run passes only if this criterion passes.'
      : 'It is skipped, with the reason, if it cannot be judged.',
    ...(facts.causes.length === 0 ? [line('Causes', 'none are known')] : []),
    ...(own.length === 0 ? [] : ['Causes']),
    ...own.map(({ id, title }) => hang(`${ITEM}${id}: `, title, columns)),
    ...(ofGroup.length === 0 ? [] : [`Causes of all ${groupOf(facts.criterion)}.* criteria`]),
    ...(ofGroup.length === 0 ? [] : [hang(ITEM, ofGroup.join(', '), columns)]),
  ].join('\n')
}
