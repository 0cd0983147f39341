/** Tests that print which work has begun; scripted-pool.scenario.test.ts makes mocha run some of them. */
import { Ahead } from './scripted-pool.fixture.ts'

describe('work that', () => {
  const works = new Ahead<string, undefined>(2, (key) => {
    console.log(`begun: ${key}`)
    return Promise.resolve(undefined)
  })
  for (const key of ['one', 'two', 'three', 'four'])
    works.it(key, `is called ${key}`, () => {
      console.log(`asked: ${key}`)
    })
})
