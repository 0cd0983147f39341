import { expect } from 'chai'
import { bitsOnTheLink, DEFAULT_FRAMES, framesOf, framesText, IMIX, lineRate, meanBytes } from './frame.ts'

describe('frames', () => {
  it('take of a link what data sheets say', () => {
    expect(lineRate(10, DEFAULT_FRAMES)).to.equal(14_880_952)
    expect(lineRate(10, framesOf(1518))).to.equal(812_743)
    expect(lineRate(25, DEFAULT_FRAMES)).to.equal(37_202_380)
    expect(bitsOnTheLink(DEFAULT_FRAMES)).to.equal(672)
  })

  it('of several sizes count by their mean', () => {
    expect(meanBytes(IMIX)).to.be.closeTo(353.83, 0.005)
    expect(lineRate(10, IMIX)).to.equal(3_343_736)
  })

  it('are told with their sizes, weights and mean', () => {
    expect(framesText(framesOf(1518))).to.equal('1,518 bytes')
    expect(framesText(IMIX)).to.equal('64, 570 and 1,518 bytes (28:16:4, mean 353.83)')
  })
})
