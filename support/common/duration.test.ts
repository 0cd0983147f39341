import { expect } from 'chai'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

describe('duration', () => {
  for (const [text, milliseconds] of [
    ['10m', 600_000],
    ['1h5m30s', 3_930_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['300ms', 300],
    ['0', 0],
    ['0s', 0],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(parseDuration(text)).to.equal(milliseconds)
    })
  }

  for (const text of ['', '5', '-1m', 'm', '1', '1d', '1m ', '1 m', '1e3s', 'ten']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseDuration(text)).to.equal(undefined)
    })
  }

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 1_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1000))).to.equal(seconds * 1000)
      }),
    )
  })

  it('writes tenths below a minute and whole seconds above', () => {
    expect(formatDuration(1234)).to.equal('1.2s')
    expect(formatDuration(93_500)).to.equal('1m34s')
    expect(formatDuration(59_960)).to.equal('1m')
    expect(formatDuration(12)).to.equal('12ms')
  })
})
