import { expect } from 'chai'
import { percentText } from './percent.ts'

describe('percent', () => {
  for (const [share, text] of [
    [0, '0 %'],
    [1e-7, '0.00001 %'],
    [1e-10, '0.00000001 %'],
    [1.23456e-6, '0.000123 %'],
    [0.001, '0.1 %'],
    [0.01, '1 %'],
    [0.123456, '12.3 %'],
    [0.5, '50 %'],
    [0.99949, '99.9 %'],
    [0.9996, '99.96 %'],
    [0.9999, '99.99 %'],
    [0.9999999, '99.99999 %'],
    [0.9999999996, '99.99999996 %'],
    [1, '100 %'],
    [1.5, '150 %'],
  ] as const)
    it(`is ${text} of ${share}`, () => {
      expect(percentText(share)).to.equal(text)
    })

  it('is 0 % and 100 % only of none and of all', () => {
    for (const packets of [1, 3, 7, 12_345, 8_000_000, 2 ** 31]) {
      for (const few of [1, 2, 3, 9]) {
        expect(percentText(few / (packets + few))).to.not.equal('0 %')
        expect(percentText(packets / (packets + few))).to.not.equal('100 %')
      }
    }
  })
})
