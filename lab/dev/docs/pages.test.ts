import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { CATALOGUE } from '../../../support/diagnosis/catalogue.ts'
import { READINESS_CRITERIA } from '../../../support/readiness/criteria/criteria.ts'
import { FAULTS } from '../../faults/faults.ts'
import { causesBlock } from './causes-page.ts'
import { criteriaBlock } from './criteria-page.ts'
import { faultsBlock } from './faults-page.ts'
import { anchor, asSentence, inline } from './markdown.ts'
import { GENERATED, regenerated, withBlock } from './pages.ts'
import { pathOf } from './root.ts'

function headings(text: string): string[] {
  return [...text.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => heading)
}

describe('generated pages', () => {
  // docs/cli.md is left out: generating it runs programs, which is a scenario.
  for (const page of Object.keys(GENERATED).filter((name) => name !== 'docs/cli.md'))
    it(`${page} is up to date (npm run docs)`, async () => {
      expect(await readFile(pathOf(page), 'utf8')).to.equal(await regenerated(page))
    })

  it('refuse a text without a place for them', () => {
    expect(() => withBlock('no marks', '')).to.throw('there is no <!-- generated:start -->')
  })

  it('have a heading for each cause', () => {
    expect(headings(causesBlock())).to.have.members(CATALOGUE.map(({ id }) => id))
  })

  it('have a heading for each criterion', () => {
    expect(headings(criteriaBlock())).to.deep.equal(READINESS_CRITERIA.map(({ id }) => id))
  })

  it('name every fault that is played, once', () => {
    const names = FAULTS.map(({ id }) => id)
    expect(new Set(names).size).to.equal(names.length)
    expect(faultsBlock().match(/^- /gm)).to.have.lengthOf(names.length + 1)
  })
})

describe('Markdown', () => {
  it('escapes characters that would become markup', () => {
    expect(inline('a *b* of `c_*<d>` <e>')).to.equal('a \\*b\\* of `c_*<d>` \\<e\\>')
  })

  it('links to headings as GitHub names them', () => {
    expect(anchor('traffic.no-loss')).to.equal('#trafficno-loss')
    expect(anchor('`spec.timeout` and more')).to.equal('#spectimeout-and-more')
  })

  it('makes sentences', () => {
    expect(asSentence('a link is down')).to.equal('A link is down.')
    expect(asSentence('spec.timeout is short')).to.equal('spec.timeout is short.')
  })
})
