import { expect } from 'chai'
import { parseQuantity } from './quantity.ts'

describe('parseQuantity', () => {
  const valid: [string | number, number][] = [
    ['0', 0],
    ['8', 8],
    [20, 20],
    ['4Gi', 4 * 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['7910m', 7.91],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1E', 1e18],
    ['1E2', 100],
    ['12e-1', 1.2],
    ['-1', -1],
    ['1k', 1000],
  ]
  for (const [text, number] of valid) {
    it(`takes ${text} for ${number}`, () => {
      expect(parseQuantity(text)).to.be.closeTo(number, Math.abs(number) * 1e-12)
    })
  }

  const invalid = [
    '',
    ' ',
    'a',
    '4 Gi',
    '4GiB',
    '4gi',
    '1e3k',
    '0x10',
    '1constructor',
    '__proto__',
    '1\n',
    'NaN',
  ]
  for (const text of [...invalid, 'Infinity', '1'.repeat(1000)]) {
    it(`takes ${JSON.stringify(text.slice(0, 20))} for none`, () => {
      expect(parseQuantity(text)).to.equal(undefined)
    })
  }
})
