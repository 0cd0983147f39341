/** Links from the pages to the documentation of the version that made them, where its address is public. */
import { packageRepository } from '../common/suite-identity.ts'
import type { Report } from '../model/report.ts'
import { currentCatalogue } from './catalogue.ts'

/**
 * Address of the folder `docs` on GitHub, at the version of the suite that made the report.
 * @param repository as in package.json, e.g. `git+https://github.com/owner/name.git`
 * @returns undefined if it is not known, or elsewhere: addresses of other hosts have other shapes
 */
export function docsAddress(
  { suite: { version, commit = `v${version}` } }: Pick<Report, 'suite'>,
  repository: string | undefined = packageRepository(),
): string | undefined {
  const [, owner, name] =
    /^(?:git\+)?https:\/\/github\.com\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(repository ?? '') ?? []
  if (owner === undefined || name === undefined) return undefined
  return `https://github.com/${owner}/${name}/blob/${commit}/docs`
}

/** @param docs as from `docsAddress` */
export function causeLink(docs: string, id: string): string {
  return `${docs}/causes.md${headingAnchor(id)}`
}

/** @param docs as from `docsAddress` */
export function criterionLink(docs: string, id: string): string {
  const entry = currentCatalogue().criteria.find((criterion) => criterion.id === id)
  // Criteria of the rootless pods have no headings of their own.
  return entry?.suite === 'rootless'
    ? `${docs}/rootless.md${headingAnchor('Criteria')}`
    : `${docs}/criteria.md${headingAnchor(id)}`
}

/** The anchor that GitHub gives a heading: `which heading` → `#which-heading`. */
export function headingAnchor(heading: string): string {
  const plain = heading.toLowerCase().replace(/[^\p{Letter}\p{Number} _-]/gu, '')
  return `#${plain.replaceAll(' ', '-')}`
}
