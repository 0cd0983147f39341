/** The criteria in docs/criteria.md, with the causes that can explain them, and in docs/rootless.md. */
import { CATALOGUE } from '../../../support/diagnosis/catalogue.ts'
import { ESSENTIAL } from '../../../support/readiness/claimed-criteria.ts'
import { type DeclaredCriterion, readinessCriteria, rootlessCriteria } from './declared-criteria.ts'
import { anchor, inline } from './markdown.ts'

export async function criteriaBlock(): Promise<string> {
  const groups = Map.groupBy(await readinessCriteria(), groupOf)
  return [...groups]
    .flatMap(([group, criteria]) => [`## ${group}`, anyOf(group), ...criteria.map(section)])
    .filter((part) => part !== '')
    .join('\n\n')
}

/** One line each: no cause of the catalogue explains them. */
export async function rootlessCriteriaBlock(): Promise<string> {
  const criteria = await rootlessCriteria()
  return criteria.map(({ id, title }) => `- \`${id}\`: ${inline(title)}`).join('\n')
}

function groupOf({ id }: DeclaredCriterion): string {
  return id.split('.', 1).join()
}

function anyOf(group: string): string {
  const causes = causesOf(`${group}.*`)
  return causes === '' ? '' : `Causes of any failure in this group: ${causes}.`
}

function section({ id, title }: DeclaredCriterion): string {
  const causes = causesOf(id)
  return [
    `### ${id}`,
    inline(title),
    [
      `- ${isEssential(id) ? 'A pass needs it.' : 'May be skipped in a pass, with the reason.'}`,
      ...(causes === '' ? [] : [`- Causes: ${causes}`]),
    ].join('\n'),
  ].join('\n\n')
}

function isEssential(id: string): boolean {
  return ESSENTIAL.some((essential) => essential === id)
}

function causesOf(explained: string): string {
  return CATALOGUE.filter(({ explains }) => explains.includes(explained))
    .map(({ id }) => `[${id}](causes.md${anchor(id)})`)
    .join(', ')
}
