import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'
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

  it('lead from the README to every page', () => {
    expect([...reachableFrom('README.md')]).to.have.members([...pages.keys()])
  })
})
