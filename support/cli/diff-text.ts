/** What changed from one report to another, for a terminal. */
import { oneLine, shorten } from '../common/text.ts'
import { outcomeSchema } from '../model/criterion-result.ts'
import type { Report } from '../model/report.ts'
import { type Change, differentClusters } from '../report/compare.ts'
import { environmentSentence } from '../report/compare-environment.ts'
import { OUTCOME_WORDS } from '../report/verdict-text.ts'

const MARKS: Readonly<Record<Change['kind'], string>> = { regression: '✘', improvement: '✔', change: '·' }
const TEXT_LIMIT = 300

export function diffText(before: Report, after: Report, changes: readonly Change[]): string {
  const regressions = changes.filter(({ kind }) => kind === 'regression').length
  const sections = [...Map.groupBy(changes, ({ section }) => section)].map(([section, members]) =>
    [section, ...members.map(changeLine)].join('\n'),
  )
  const count = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`
  const sum =
    changes.length === 0
      ? 'nothing changed'
      : `${count(regressions, 'regression')}, ${count(changes.length - regressions, 'other change')}`
  const difference = differentClusters(before, after)
  const environment = environmentSentence(before, after)
  const heads = [
    `old: ${headOf(before)}`,
    `new: ${headOf(after)}`,
    ...(difference === undefined ? [] : [`These reports are of different clusters: ${difference}.`]),
    ...(environment === undefined ? [] : [environment]),
  ]
  return `${[heads.join('\n'), ...sections, sum].join('\n\n')}\n`
}

function headOf({ verdict, startedAt, cluster, simulated }: Report): string {
  return `${verdict}${simulated === true ? ' on a simulated cluster' : ''}, ${startedAt}, ${oneLine(cluster.namespace)}/${oneLine(cluster.configMap)}`
}

function changeLine({ section, what, before, after, kind, reason = '' }: Change): string {
  const value = (text: string) => {
    const outcome = section === 'Criteria' ? outcomeSchema.safeParse(text).data : undefined
    if (outcome !== undefined) return OUTCOME_WORDS[outcome]
    return text === '' ? 'nothing' : shorten(oneLine(text), TEXT_LIMIT)
  }
  const why = reason === '' ? '' : ` (${shorten(oneLine(reason), TEXT_LIMIT)})`
  return `  ${MARKS[kind]} ${shorten(oneLine(what), TEXT_LIMIT)}: ${value(before)} → ${value(after)}${why}`
}
