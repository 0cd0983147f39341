/** The result in one sentence, for readers of nothing else. */
import { percentText } from '../../common/percent.ts'
import { formatDuration } from '../../common/duration.ts'
import { capitalized, grouped, plural } from '../../common/text.ts'
import { directionText, lostEndToEnd, worstDirection } from '../../model/ledger.ts'
import { isUnmet } from '../../model/criterion-result.ts'
import type { Report } from '../../model/report.ts'
import { matrixSentence } from '../matrix-text.ts'
import { coverageText } from '../verdict-text.ts'

/**
 * `On nodes a, b (2 of 40), 200 of 20,000 packets (1 %) were lost in 5m; none may be. One cause explains all that
 * failed.`
 */
export function managersSentence(report: Report): string {
  const coverage = coverageText(report)
  const where = coverage === '' ? '' : `On ${coverage}: `
  const sentence = `${where}${[lossText(report), unmetText(report)].filter((part) => part !== '').join('. ')}.`
  return capitalized(sentence)
}

function lossText({ traffic, nodeMatrix }: Report): string {
  if (nodeMatrix !== undefined && nodeMatrix.cells.length > 0) return matrixSentence(nodeMatrix)
  if (traffic === undefined) return 'no packet was sent'
  const worst = worstDirection(traffic)
  const { generatorTx: sent } = worst.counts
  if (sent === 0) return 'no packet was sent'
  const lost = lostEndToEnd(worst.counts)
  const way =
    traffic.directions === 2 ? ` ${lost === 0 ? 'in each direction' : `from ${directionText(worst)}`}` : ''
  const of = `of ${plural(sent, 'packet')} in ${formatDuration(traffic.sentFor)}${way}`
  if (lost === 0) return `none ${of} was lost`
  return `${grouped(lost)} ${of} (${percentText(lost / sent)}) ${lost === 1 ? 'was' : 'were'} lost; none may be`
}

function unmetText({ criteria, diagnosis }: Report): string {
  const unmet = criteria.filter((criterion) => isUnmet(criterion) && criterion.explainedBy === undefined)
  if (unmet.length === 0) return ''
  const what = `${plural(unmet.length, 'criterion was', 'criteria were')} not met`
  const first = diagnosis?.causes[0]
  if (first === undefined) return `${what}; no known cause explains ${unmet.length === 1 ? 'it' : 'them'}`
  const isWhole = unmet.every(({ id }) => first.explains.includes(id))
  return isWhole ? `${what}, because of one cause` : `${what}, because of more than one cause`
}
