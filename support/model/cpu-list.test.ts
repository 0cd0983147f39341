import { expect } from 'chai'
import fc from 'fast-check'
import { parseCpuList, parseCpuMask, writeCpuList, writeCpuMask } from './cpu-list.ts'

describe('CPU list', () => {
  for (const [text, cpus] of [
    ['', []],
    ['\n', []],
    ['3', [3]],
    ['2-7\n', [2, 3, 4, 5, 6, 7]],
    ['2,4-6', [2, 4, 5, 6]],
    ['4-6,2,5', [2, 4, 5, 6]],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseCpuList(text)).to.deep.equal(cpus)
    })
  }

  for (const text of ['a', '2-', '-2', '7-2', '2;rm', '2,,3', '1-99999', '0x3', '2 3', '(null)']) {
    it(`refuses ${text}`, () => {
      expect(() => parseCpuList(text)).to.throw(`${JSON.stringify(text)} is not a list of CPUs`)
    })
  }

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), (cpus) => {
        expect(parseCpuList(writeCpuList(cpus))).to.deep.equal(cpus.sort((a, b) => a - b))
      }),
    )
  })

  it('reads masks', () => {
    expect(parseCpuMask('00000003')).to.deep.equal([0, 1])
    expect(parseCpuMask('1,00000001')).to.deep.equal([0, 32])
    expect(() => parseCpuMask('xyz')).to.throw('is not a mask of CPUs')
  })

  it('writes masks in groups of 32 bits', () => {
    expect(writeCpuMask([4, 5, 6, 7])).to.equal('000000f0')
    expect(writeCpuMask([2, 40])).to.equal('00000100,00000004')
  })
})
