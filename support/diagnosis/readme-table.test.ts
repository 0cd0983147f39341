import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CATALOGUE } from './catalogue.ts'
import { README, withCausesTable } from './readme-table.ts'

describe("the README's table of causes", () => {
  it('is the catalogue (`node support/diagnosis/readme-table.ts` writes it)', () => {
    const text = readFileSync(README, 'utf8')
    expect(text).to.equal(withCausesTable(text))
    for (const { id } of CATALOGUE) expect(text).to.include(`| \`${id}\` |`)
  })

  it('has its place between marks', () => {
    expect(() => withCausesTable('# no marks')).to.throw(TypeError)
    expect(() => withCausesTable('<!-- causes:end --><!-- causes:start -->')).to.throw(TypeError)
  })
})
