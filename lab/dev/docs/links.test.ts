import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'
import { CATALOGUE } from '../../../support/diagnosis/catalogue.ts'
import { READINESS_CRITERIA } from '../../../support/readiness/criteria/criteria.ts'
import { causeLink, criterionLink } from '../../../support/report/docs-links.ts'
import { documents } from './documents.ts'
import { anchor } from './markdown.ts'
import { pathOf } from './root.ts'

const pages = new Map(documents().map(({ name, text }) => [name, text]))

function anchorsOf(text: string): string[] {
  const prose = text.replace(/^ *```[^]*?^ *```/gm, '')
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading.replace(/[`*]/g, '')))
}

interface Link {
  readonly target: string
  /** Relative to the root folder. */
  readonly file: string
  readonly fragment: string | undefined
}

/** A page's links to files of this repository. */
function linksOf(name: string): Link[] {
  const targets = [...(pages.get(name) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^https?:/.test(target))
    .map((target) => {
      const [path = '', fragment] = target.split('#')
      return { target, file: path === '' ? name : normalize(join(dirname(name), path)), fragment }
    })
}

function isDead({ file, fragment }: Link): boolean {
  if (!existsSync(pathOf(file))) return true
  return fragment !== undefined && !anchorsOf(pages.get(file) ?? '').includes(`#${fragment}`)
}

/** All pages that can be reached from this page through links. */
function reachableFrom(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name) || !pages.has(name)) return seen
  seen.add(name)
  for (const { file } of linksOf(name)) reachableFrom(file, seen)
  return seen
}

describe('links in README and docs', () => {
  for (const name of pages.keys())
    it(`of ${name} lead to what is there`, () => {
      const dead = linksOf(name).filter(isDead)
      expect(dead.map(({ target }) => target)).to.deep.equal([])
    })

  it('of a summary page lead to a heading for each criterion and each cause', () => {
    const headingsOf = (page: string) =>
      anchorsOf(pages.get(page) ?? '').map((heading) => `${page}${heading}`)
    const headings = ['docs/criteria.md', 'docs/causes.md', 'docs/rootless.md'].flatMap(headingsOf)
    expect(headings).to.include.members([
      ...READINESS_CRITERIA.map(({ id }) => criterionLink('docs', id)),
      ...CATALOGUE.map(({ id }) => causeLink('docs', id)),
      criterionLink('docs', 'tap.arp'),
    ])
  })

  it('lead from the README to every page', () => {
    expect([...reachableFrom('README.md')]).to.have.members([...pages.keys()])
  })
})
