import { expect } from 'chai'
import { foreign, joined, partOf, says } from './foreign-text.ts'

describe('text of others', () => {
  const words = foreign('0/3 nodes are available: 2 Insufficient cpu')

  it('is searched for what it says, as often as one likes', () => {
    const pattern = /insufficient/gi
    expect([says(words, pattern), says(words, pattern)]).to.deep.equal([true, true])
    expect(says(words, /memory/)).to.equal(false)
  })

  it('gives a part of it, which is the text of others too', () => {
    const all = partOf(words, /0\/(\d+) nodes/)
    expect(all).to.equal('3')
    expect(all !== undefined && says(all, /3/)).to.equal(true)
    expect(partOf(words, /Insufficient \w+/)).to.equal('Insufficient cpu')
    expect(partOf(words, /memory/)).to.equal(undefined)
  })

  it('is joined, where there is something', () => {
    expect(joined([foreign('Failed'), foreign(''), foreign('no PF')], ': ')).to.equal('Failed: no PF')
  })

  it('is not what the suite writes itself', () => {
    const sentence: string = 'the east port of the VM under test is down'
    // @ts-expect-error: only text that was said to be of others can be searched
    expect(says(sentence, /is down/)).to.equal(true)
  })
})
