import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { parsePreflightArguments } from './preflight-arguments.ts'

describe("the preflight's arguments", () => {
  it('are options and parameters, by short names or full ones', () => {
    const words = [
      '-n',
      'ns',
      '--configmap',
      'cm',
      'timeout=10m',
      'testDuration=1m',
      'spec.param.verbose=true',
    ]
    expect(parsePreflightArguments(words)).to.deep.equal({
      help: false,
      namespace: 'ns',
      configMap: 'cm',
      data: { 'spec.timeout': '10m', 'spec.param.testDuration': '1m', 'spec.param.verbose': 'true' },
    })
  })

  it('take spec.timeout for what it is', () => {
    expect(parsePreflightArguments(['spec.timeout=10m']).data).to.deep.equal({ 'spec.timeout': '10m' })
  })

  for (const [words, said] of [
    [['nonsense'], 'nonsense is no parameter=value'],
    [['--nonsense'], '--nonsense'],
    [['--namespace='], '--namespace is followed by no name'],
    [['--namespace'], 'namespace'],
  ] as const) {
    it(`refuse ${words.join(' ')}`, () => {
      expect(() => parsePreflightArguments(words)).to.throw(InvalidInputError, said)
    })
  }
})
