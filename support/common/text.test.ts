import { expect } from 'chai'
import fc from 'fast-check'
import { grouped, mapStrings, oneLine, plainText, shorten } from './text.ts'

describe('text from elsewhere', () => {
  it('loses colours, control characters and carriage returns', () => {
    expect(plainText('\x1b[31mred\x1b[0m\x00\x07\r\nnext\tcolumn\u009b\ufffe')).to.equal('red\nnext\tcolumn')
  })

  it('holds nothing that XML 1.0 forbids, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainText(text)).to.match(/^[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u)
      }),
    )
  })

  it('is the same when it is cleaned twice', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\x1b', '[', ']', '3', '1', 'm', '\x07', 'a', '\n', '\ud800') }),
        (text) => {
          expect(plainText(plainText(text))).to.equal(plainText(text))
        },
      ),
    )
  })

  it('stands on one line', () => {
    expect(oneLine('  two\n\tlines ')).to.equal('two lines')
  })

  it('is cut with a word about it, never inside of a character', () => {
    expect(shorten('short', 10)).to.equal('short')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 60, maxLength: 200 }), (text) => {
        const cut = shorten(text, 50)
        expect(cut.length).to.be.at.most(50 + text.length * Number(text.length <= 50))
        expect(cut.isWellFormed()).to.equal(true)
      }),
    )
    expect(shorten('x'.repeat(100), 50)).to.match(/^x+ … \(100 characters in all\)$/)
  })

  it('keeps the shape of data', () => {
    const data = { a: 'x', list: ['x', 1, null], inner: { b: true } }
    expect(mapStrings(data, (text) => text + '!')).to.deep.equal({
      a: 'x!',
      list: ['x!', 1, null],
      inner: { b: true },
    })
  })

  it('groups the digits of counts', () => {
    expect(grouped(1_234_567)).to.equal('1,234,567')
  })
})
