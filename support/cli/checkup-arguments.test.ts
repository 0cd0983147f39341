import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { HELP, parseCommand } from './checkup-arguments.ts'

const MINUTE = 60_000

describe('arguments of npx dpdk-checkup', () => {
  it('name a Job to wait for', () => {
    expect(parseCommand(['wait', 'dpdk-checkup'])).to.deep.equal({
      command: 'wait',
      job: 'dpdk-checkup',
      namespace: undefined,
      timeout: 30 * MINUTE,
    })
    expect(parseCommand(['wait', '--timeout', '1h30m', '-n', 'ns', 'job/x'])).to.deep.equal({
      command: 'wait',
      job: 'x',
      namespace: 'ns',
      timeout: 90 * MINUTE,
    })
  })

  for (const words of [['--help'], ['wait', '-h'], ['help']])
    it(`ask for help: ${words.join(' ')}`, () => {
      expect(parseCommand(words)).to.equal('help')
    })

  it('are all in the help', () => {
    for (const option of ['--namespace', '--timeout', '--help', 'wait', '30m'])
      expect(HELP).to.include(option)
  })

  const REFUSED: readonly (readonly [words: readonly string[], why: string])[] = [
    [[], 'the command is wait or retrieve, not nothing'],
    [['run', 'x'], 'the command is wait or retrieve, not run'],
    [['wait'], 'the name of the Job is missing'],
    [['wait', 'a', 'b'], 'there is one Job to wait for, not a and b'],
    [['wait', 'a', '--timeout', '30'], '--timeout takes a duration such as 45m or 1h30m, not 30'],
    [['wait', 'a', '--timeout='], 'not nothing'],
    [['wait', 'a', '--timeout=0s'], '--timeout takes a duration'],
    [['wait', 'a', '--timeout=9999h'], 'longer than can be waited for'],
    [['wait', 'a', '--namespace='], '--namespace is empty'],
    [['wait', 'a', '--forever'], "Unknown option '--forever'"],
  ]
  for (const [words, why] of REFUSED)
    it(`refuse ${['dpdk-checkup', ...words].join(' ')}`, () => {
      expect(() => parseCommand(words)).to.throw(InvalidInputError, why)
    })
})
