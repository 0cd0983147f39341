import { existsSync, statSync } from 'node:fs'
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

/** What of a page's links leads nowhere in this repository. */
function deadLinks(name: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false
    const [file = '', fragment] = target.split('#')
    const found = file === '' ? name : normalize(join(dirname(name), file))
    if (!existsSync(pathOf(found))) return true
    if (fragment === undefined) return false
    return (
      statSync(pathOf(found)).isDirectory() || !anchorsOf(pages.get(found) ?? '').includes(`#${fragment}`)
    )
  })
}

describe('links in README and docs', () => {
  for (const [name, text] of pages)
    it(`of ${name} lead to what is there`, () => {
      expect(deadLinks(name, text)).to.deep.equal([])
    })

  it('reach every page of docs/ from the README', () => {
    const linked = [...(pages.get('README.md') ?? '').matchAll(/\]\((docs\/[^)#]+)/g)].map(([, page]) => page)
    expect([...pages.keys()].filter((name) => name.startsWith('docs/'))).to.have.members([...new Set(linked)])
  })
})
