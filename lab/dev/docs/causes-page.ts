/** docs/causes.md: one heading per cause, so that reports can link to it. */
import { CATALOGUE } from '../../../support/diagnosis/catalogue.ts'
import type { CauseEntry } from '../../../support/diagnosis/cause.ts'
import { anchor, asSentence, inline } from './markdown.ts'
import { groupOf } from '../../../support/model/criterion-result.ts'

/** The sections, by the part of a run that fails first, in the order of a run. */
const PARTS = [
  ['precondition', 'Before anything is created'],
  ['scheduling', 'Creating and starting the VMs'],
  ['guest', 'Preparing the guests'],
  ['link', 'testpmd, traffic generator and links'],
  ['traffic', 'Traffic'],
] as const

type Part = (typeof PARTS)[number][0]

export function causesBlock(): string {
  return PARTS.map(([part, heading]) => {
    const causes = CATALOGUE.filter((cause) => partOf(cause) === part)
    return [`## ${heading}`, ...causes.map(section)].join('\n\n')
  }).join('\n\n')
}

function partOf({ explains }: CauseEntry): Part {
  const groups = explains.map((id) => groupOf(id))
  if (groups.includes('preflight')) return 'precondition'
  return PARTS.find(([part]) => groups.includes(part))?.[0] ?? 'traffic'
}

function section({ id, title, looksAt, provedBy, remedy, explains }: CauseEntry): string {
  const criteria = explains.map((criterion) =>
    criterion.endsWith('*')
      ? `all of [${groupOf(criterion)}](criteria.md${anchor(groupOf(criterion))})`
      : `[${criterion}](criteria.md${anchor(criterion)})`,
  )
  return [
    `### ${id}`,
    inline(asSentence(title)),
    [
      `- **Read from**: ${inline(looksAt)}`,
      `- **Shown by**: ${inline(provedBy)}`,
      `- **Remedy**: ${inline(remedy)}`,
      `- **Explains**: ${criteria.join(', ')}`,
    ].join('\n'),
  ].join('\n\n')
}
