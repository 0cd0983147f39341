import { expect } from 'chai'
import { refusedOption, type RunOptions } from './refused-options.ts'

describe("mocha's options", () => {
  for (const [options, option] of [
    [{ dryRun: true }, '--dry-run'],
    [{ retries: 2 }, '--retries'],
    [{ allowUncaught: true }, '--allow-uncaught'],
    [{ asyncOnly: true }, '--async-only'],
    [{ timeout: '5s' }, '--timeout'],
    [{ timeout: '2000' }, '--timeout'],
    [{ timeout: 1 }, '--timeout'],
  ] as const satisfies readonly (readonly [RunOptions, string])[])
    it(`are refused: ${JSON.stringify(options)}`, () => {
      expect(refusedOption(options)?.option).to.equal(option)
    })

  it('are taken where they do not change the result', () => {
    for (const options of [
      {},
      { timeout: 0 },
      { timeout: '0' },
      { timeout: false },
      { dryRun: false, parallel: false, retries: 0, watch: false, delay: false, asyncOnly: false },
    ] as const satisfies readonly RunOptions[])
      expect(refusedOption(options)).to.equal(undefined)
  })
})
