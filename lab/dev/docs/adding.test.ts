import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { pathOf } from './root.ts'

/** Each diff of the page with its heading. */
function diffs(): [heading: string, diff: string][] {
  const sections = readFileSync(pathOf('docs/dev/adding.md'), 'utf8').split(/^## /m).slice(1)
  return sections.map((section) => {
    const [heading = ''] = section.split('\n')
    return [heading, /```diff\n([^]*?)```/.exec(section)?.[1] ?? expect.fail(`${heading} shows no diff`)]
  })
}

describe('docs/dev/adding.md', () => {
  for (const [heading, diff] of diffs())
    it(`shows a diff that fits the code: ${heading}`, () => {
      // One line of context: the code farther away may change, the lines next to the addition may not.
      const { status, stderr } = spawnSync('git', ['apply', '--check', '-C1'], {
        cwd: pathOf('.'),
        input: diff,
        encoding: 'utf8',
      })
      expect(status, stderr).to.equal(0)
    })
})
