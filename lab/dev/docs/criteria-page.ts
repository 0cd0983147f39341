/** The criteria in docs/criteria.md, with the causes that can explain them, and those in docs/rootless.md. */
import { CATALOGUE } from '../../../support/diagnosis/catalogue.ts'
import { READINESS_CRITERIA } from '../../../support/readiness/criteria/criteria.ts'
import type { ReadinessCriterion } from '../../../support/readiness/criteria/stage-facts.ts'
import { PARAMETER_PREFIX } from '../../../support/readiness/parameters.ts'
import { ROOTLESS_CRITERIA } from '../../../support/rootless/criteria/criteria.ts'
import { anchor, inline } from './markdown.ts'
import { groupOf } from '../../../support/model/criterion-result.ts'

export function criteriaBlock(): string {
  const groups = Map.groupBy(READINESS_CRITERIA, ({ id }) => groupOf(id))
  return [...groups]
    .flatMap(([group, criteria]) => [`## ${group}`, anyOf(group), ...criteria.map(section)])
    .filter((part) => part !== '')
    .join('\n\n')
}

/** One line each, without causes: no cause of the catalogue explains them. */
export function rootlessCriteriaBlock(): string {
  return ROOTLESS_CRITERIA.map(({ id, title }) => `- \`${id}\`: ${inline(title)}`).join('\n')
}

function anyOf(group: string): string {
  const causes = causesOf(`${group}.*`)
  return causes === '' ? '' : `Causes of any failure in this group: ${causes}.`
}

function section(criterion: ReadinessCriterion): string {
  const { id, title, isEssential, onlyIf, rationale = '', remediation = '' } = criterion
  const causes = causesOf(id)
  return [
    `### ${id}`,
    inline(title),
    [
      ...(onlyIf === undefined
        ? []
        : [`- Judged only if \`${PARAMETER_PREFIX}${onlyIf.parameter}\` requests it.`]),
      `- ${isEssential ? 'A run passes only if this criterion passes.' : 'A run can also pass if this criterion is skipped, with the reason.'}`,
      ...(rationale === '' ? [] : [`- Why: ${inline(rationale)}`]),
      ...(remediation === '' ? [] : [`- Remedy: ${inline(remediation)}`]),
      ...(causes === '' ? [] : [`- Causes: ${causes}`]),
    ].join('\n'),
  ].join('\n\n')
}

function causesOf(explained: string): string {
  return CATALOGUE.filter(({ explains }) => explains.includes(explained))
    .map(({ id }) => `[${id}](causes.md${anchor(id)})`)
    .join(', ')
}
