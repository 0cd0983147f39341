/** The tables of docs/certification.md: what profiles set, and the level of each criterion in each. */
import { PROFILE_NAMES } from '../../../support/model/certification.ts'
import { CERTIFICATION_PROFILES, profileValues } from '../../../support/readiness/profiles.ts'
import { catalogueOfRecords } from './catalogue-file.ts'
import { anchor } from './markdown.ts'

export function certificationBlock(): string {
  return ['### What profiles set', parameterTable(), '### Criteria by profile', criteriaTable()].join('\n\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row).join('\n')
}

function parameterTable(): string {
  const values = CERTIFICATION_PROFILES.map((profile) => ({
    ...profileValues(profile),
    frameSize: profile.sizes.map(({ frameSize }) => frameSize).join('`, `'),
    trafficGenPacketsPerSecond: profile.sizes.map((run) => run.trafficGenPacketsPerSecond).join('`, `'),
  })) as Readonly<Record<string, string>>[]
  const names = [...new Set(values.flatMap((sets) => Object.keys(sets)))]
  const rows = names.map((name) => [
    `\`${name}\``,
    ...values.map((sets) => (sets[name] === undefined ? '' : `\`${sets[name]}\``)),
  ])
  return table(['parameter', ...CERTIFICATION_PROFILES.map(({ name }) => `\`${name}\``)], rows)
}

/** Without the rootless pods, which have no profiles. */
function criteriaTable(): string {
  const rows = catalogueOfRecords()
    .criteria.filter(({ suite }) => suite === 'readiness')
    .map(({ id, profiles, waivable, unit }) => [
      `[${id}](criteria.md${anchor(id)})`,
      ...PROFILE_NAMES.map((name) => profiles[name] ?? ''),
      waivable ? (unit === undefined ? 'yes' : `up to a limit, in ${unit}`) : 'never',
    ])
  return table(['criterion', ...PROFILE_NAMES, 'can be waived'], rows)
}
