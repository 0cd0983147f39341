import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { faultTable, README, withFaultTable } from './fault-table.fixture.ts'
import { SCENARIOS } from './scripted-scenarios.fixture.ts'

describe("the README's table of faults", () => {
  it('is the one that the scenarios make (npm run readme:faults)', async () => {
    const readme = await readFile(README, 'utf8')
    expect(readme).to.equal(withFaultTable(readme, await faultTable()))
  })

  it('has every scenario once', async () => {
    const names = SCENARIOS.map(({ name }) => name)
    expect(new Set(names).size).to.equal(names.length)
    expect((await faultTable()).trimEnd().split('\n')).to.have.lengthOf(names.length + 3)
  })

  it('is refused by a text without a place for it', () => {
    expect(() => withFaultTable('no markers', '')).to.throw('has no <!-- faults:start -->')
  })
})
