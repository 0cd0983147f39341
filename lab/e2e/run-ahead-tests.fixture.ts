/** Tests that print which work has begun; run-ahead.scenario.test.ts makes mocha run some of them. */
import { RunAhead } from './run-ahead.fixture.ts'

describe('work that', () => {
  const works = new RunAhead<string, undefined>(2, (key) => {
    console.log(`begun: ${key}`)
    return Promise.resolve(undefined)
  })
  for (const key of ['one', 'two', 'three', 'four'])
    works.it(key, `is called ${key}`, () => {
      console.log(`asked: ${key}`)
    })
})
