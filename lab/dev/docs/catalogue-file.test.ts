import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Catalogue, CatalogueEntry } from '../../../support/model/certification.ts'
import {
  CATALOGUE_FOLDER,
  CATALOGUE_VERSION,
  catalogueVersions,
  currentCatalogue,
  currentReference,
  findCatalogue,
  referenceTo,
} from '../../../support/report/catalogue.ts'
import { brokenPromises, CATALOGUE_FILE, catalogueText } from './catalogue-file.ts'

async function catalogues(): Promise<Catalogue[]> {
  const texts = catalogueVersions().map((version) =>
    readFile(new URL(`${version}.json`, CATALOGUE_FOLDER), 'utf8'),
  )
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as Catalogue)
}

describe('the catalogue of criteria', () => {
  it('is up to date (npm run docs)', async () => {
    expect(await readFile(CATALOGUE_FILE, 'utf8')).to.equal(await catalogueText())
  })

  it('keeps its promises from version to version', async () => {
    const all = await catalogues()
    expect(all.map(({ version }) => version)).to.deep.equal(catalogueVersions())
    expect(all.at(-1)?.version).to.equal(CATALOGUE_VERSION)
    for (const [index, newer] of all.slice(1).entries()) {
      const older = all[index]
      if (older !== undefined) expect(brokenPromises(older, newer), newer.version).to.deep.equal([])
    }
  })

  // A report names the digest of its catalogue, so a released file is never changed.
  it('has the released versions as they were released', async () => {
    const text = await readFile(new URL('released.txt', CATALOGUE_FOLDER), 'utf8')
    const released = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const known = (await catalogues()).map(
      (catalogue) => `${catalogue.version} ${referenceTo(catalogue).digest}`,
    )
    expect(known).to.include.members(released)
  })

  it('names every criterion once, each with its reason and its remedy', () => {
    const { criteria } = currentCatalogue()
    expect(new Set(criteria.map(({ id }) => id)).size).to.equal(criteria.length)
    for (const { id, rationale, remediation } of criteria)
      expect([rationale, remediation], id).to.satisfy((texts: string[]) =>
        texts.every((text) => /^[A-Z].*\.$/.test(text)),
      )
  })

  it('is found by what reports say of it', () => {
    expect(findCatalogue(currentReference())).to.deep.equal(currentCatalogue())
    expect(findCatalogue({ ...currentReference(), digest: `sha256:${'0'.repeat(64)}` })).to.equal(undefined)
    expect(findCatalogue({ ...currentReference(), version: '99.0.0' })).to.equal(undefined)
    expect(findCatalogue({ ...currentReference(), version: '../report.schema' })).to.equal(undefined)
  })
})

describe('a new version of the catalogue', () => {
  const entry = (id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
    id,
    suite: 'readiness',
    level: 'SHOULD',
    profiles: { baseline: 'SHOULD' },
    requirement: 'it is so',
    rationale: 'Because.',
    remediation: 'Mend it.',
    since: '1.0.0',
    waivable: true,
    ...more,
  })
  const of = (version: string, ...criteria: CatalogueEntry[]): Catalogue => ({ version, criteria })
  const older = of('1.0.0', entry('traffic.one'), entry('traffic.two'))

  for (const [what, newer, broken] of [
    ['adds a criterion', of('1.1.0', ...older.criteria, entry('traffic.three', { since: '1.1.0' })), []],
    ['loses one', of('2.0.0', entry('traffic.one')), ['traffic.two is gone']],
    [
      'uses an id again',
      of('2.0.0', entry('traffic.one'), entry('traffic.two', { since: '2.0.0' })),
      ['traffic.two was reused for another criterion'],
    ],
    [
      'has a new MUST without a new major version',
      of('1.1.0', entry('traffic.one', { level: 'MUST', profiles: { telco: 'MUST' } }), entry('traffic.two')),
      ['traffic.one is a new MUST (without a profile, telco): raise the major version'],
    ],
    ['has a new MUST', of('2.0.0', entry('traffic.one', { level: 'MUST' }), entry('traffic.two')), []],
  ] as const) {
    it(`that ${what} ${broken.length === 0 ? 'is fine' : 'is refused'}`, () => {
      expect(brokenPromises(older, newer)).to.deep.equal(broken)
    })
  }
})
