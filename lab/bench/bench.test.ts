import { expect } from 'chai'
import { InvalidInputError } from '../../support/common/errors.ts'
import { helpText, parseBenchArguments } from './bench-arguments.ts'
import { type Benchmark, type Figure, isMet, percentile } from './figure.ts'
import { makeResults, renderResults, resultsSchema } from './results.ts'

const ALL: readonly Benchmark[] = ['one', 'other'].map((name) => ({
  name,
  about: `about ${name}`,
  run: () => Promise.resolve([]),
}))

const FIGURES: readonly Figure[] = [
  { id: 'a.fast', what: 'how fast', value: 123.456, unit: 'MB/s', goal: { atLeast: 20 } },
  { id: 'a.slow', what: 'how slow', value: 2.0312, unit: 's', goal: { below: 2 } },
  { id: 'a.note', what: 'a note', value: 7, unit: '' },
]

describe('the benchmarks', () => {
  it('meet a goal, miss it, or have none', () => {
    expect(FIGURES.map(isMet)).to.deep.equal([true, false, undefined])
    // A figure that could not be measured does not meet its goal.
    expect(isMet({ id: 'x', what: '', value: NaN, unit: '', goal: { below: 5 } })).to.equal(false)
    expect(isMet({ id: 'x', what: '', value: NaN, unit: '', goal: { atLeast: 5 } })).to.equal(false)
  })

  it('print each figure beside its goal, and the machine', () => {
    const table = renderResults(makeResults(FIGURES, new Date(0)))
    expect(table).to.match(/how fast +│ +123 MB\/s │ ≥ 20 MB\/s │ ✔ met/)
    expect(table).to.match(/how slow +│ +2\.03 s │ +< 2 s │ ✘ missed/)
    expect(table).to.include(process.version)
  })

  it('leave a file of a version, with the machine they ran on', () => {
    const results = makeResults(FIGURES, new Date(0))
    const read = resultsSchema.parse(JSON.parse(JSON.stringify(results)))
    expect(read).to.deep.equal(results)
    expect(read.apiVersion).to.match(/\/v1$/)
    expect(read.machine).to.include({ node: process.version })
    expect(read.figures.map(({ met }) => met)).to.deep.equal([true, false, undefined])
  })

  it('take percentiles of what was measured', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile([3], 0.5)]).to.deep.equal([
      50, 99, 3,
    ])
    expect(Number.isNaN(percentile([], 0.5))).to.equal(true)
  })

  it('are chosen by name, and say which there are', () => {
    expect(parseBenchArguments([], ALL).benchmarks).to.deep.equal(ALL)
    expect(parseBenchArguments(['--only', 'other'], ALL).benchmarks.map(({ name }) => name)).to.deep.equal([
      'other',
    ])
    expect(() => parseBenchArguments(['--only', 'none'], ALL)).to.throw(
      InvalidInputError,
      /there are one, other/,
    )
    expect(() => parseBenchArguments(['--fast'], ALL)).to.throw(InvalidInputError)
    expect(helpText(ALL)).to.include('other   about other')
  })
})
