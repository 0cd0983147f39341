import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { regenerated } from './pages.ts'
import { pathOf } from './root.ts'

describe('docs/cli.md', () => {
  it('has what each command says of itself (npm run docs)', async () => {
    expect(await readFile(pathOf('docs/cli.md'), 'utf8')).to.equal(await regenerated('docs/cli.md'))
  })
})
