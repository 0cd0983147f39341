import { expect } from 'chai'
import fc from 'fast-check'
import { fitLine, wrapLines } from './wrap.ts'

describe('lines for a terminal', () => {
  it('are broken between words, and go on further right', () => {
    expect(wrapLines('  Cause: packets were lost on the way', 24)).to.equal(
      '  Cause: packets were\n    lost on the way',
    )
  })

  it('keep words, digests and paths whole, however long they are', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(wrapLines(`image ${digest} of the guest`, 40)).to.equal(`image\n  ${digest}\n  of the guest`)
  })

  it('stay as they are in a table, where they fit, and where there is no terminal', () => {
    const table = `│ ${'x '.repeat(30)}│`
    expect(wrapLines(table, 40)).to.equal(table)
    expect(wrapLines('one  two', 40)).to.equal('one  two')
    const long = 'word '.repeat(50)
    expect(wrapLines(long, undefined)).to.equal(long)
    expect(wrapLines(long, 0)).to.equal(long)
  })

  it('take no room for colours', () => {
    const line = `\x1b[1m\x1b[32m${'w'.repeat(10)}\x1b[39m\x1b[22m ${'v'.repeat(10)}`
    expect(wrapLines(line, 21)).to.equal(line)
  })

  it('say the same words, none of them broken, on lines that fit', () => {
    const word = fc.stringMatching(/^[a-z:.]{1,18}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 20, max: 100 }), (args, columns) => {
        const wrapped = wrapLines(args.join(' '), columns)
        expect(wrapped.split(/\s+/)).to.deep.equal(args)
        for (const line of wrapped.split('\n')) expect(line.length).to.be.at.most(columns)
      }),
    )
  })

  it('end between words where they may not go on', () => {
    expect(fitLine('the list of nodes is not readable', 22)).to.equal('the list of nodes is …')
    expect(fitLine('short', 22)).to.equal('short')
    expect(fitLine('the list of nodes is not readable', undefined)).to.have.lengthOf(33)
  })
})
