import { expect } from 'chai'
import fc from 'fast-check'
import { parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import { CASES, hostileText } from '../common/testing/hostile-text.ts'
import { PARAMETER_PREFIX, PARAMETERS } from './parameters.ts'
import { readParameters } from './read-parameters.ts'

const GOOD: Readonly<Record<string, string>> = {
  'spec.timeout': '10m',
  'spec.param.networkAttachmentDefinitionName': 'dpdk-network',
}

const value = fc.oneof(
  hostileText,
  fc.constantFrom(
    '8m',
    '1h',
    '5m30s',
    '10',
    'true',
    'trex',
    'node-1',
    'quay.io/a/b:c',
    '1e400h',
    '0s',
    '-1s',
  ),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 400n }), fc.constantFrom('', 'k', 'm', 'h', 'ns'))
    .map(([number, unit]) => `${number}${unit}`),
)
const key = fc.oneof(
  fc.constantFrom('spec.timeout', ...Object.keys(PARAMETERS).map((name) => PARAMETER_PREFIX + name)),
  hostileText.map((text) => PARAMETER_PREFIX + text),
)

describe('hostile parameters', () => {
  it('are refused in sentences of bounded length, or can be worked with', () => {
    let accepted = 0
    const data = fc
      .array(fc.tuple(key, value), { maxLength: 4 })
      .map((pairs) => ({ ...GOOD, ...Object.fromEntries(pairs) }))
    fc.assert(
      fc.property(data, (given) => {
        try {
          const parameters = readParameters(given)
          accepted += 1
          const { timeout, testDuration, trafficGenPacketsPerSecond, portBandwidthGbps } = parameters
          for (const number of [timeout, testDuration, portBandwidthGbps])
            expect(number > 0 && number < 2 ** 31).to.equal(true)
          expect(Number.isSafeInteger(trafficGenPacketsPerSecond)).to.equal(true)
          // A value that reaches a manifest, a shell or a report cannot contain syntax of these.
          for (const text of Object.values(parameters.asUsed))
            expect(text).to.match(/^[\w.:/@=, [\]-]+$|^\d.*$/)
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error
          for (const violation of error.violations) expect(violation.length).to.be.below(1000)
        }
      }),
      CASES,
    )
    expect(accepted).to.be.above(500)
  })

  it('that are durations are finite or none', () => {
    fc.assert(
      fc.property(value, (text) => {
        const duration = parseDuration(text)
        if (duration !== undefined) expect(Number.isFinite(duration) && duration >= 0).to.equal(true)
      }),
      CASES,
    )
  })

  for (const timeout of ['597h', '9'.repeat(400) + 'h', '700h']) {
    it(`of a timeout that no timer knows (${timeout.slice(0, 10)}) are refused, not taken for none`, () => {
      expect(() => readParameters({ ...GOOD, 'spec.timeout': timeout })).to.throw(
        InvalidInputError,
        /spec\.timeout must be a duration above zero, at most 576h/,
      )
    })
  }
})
