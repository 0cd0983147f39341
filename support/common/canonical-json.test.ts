import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalDigest, canonicalJson, sha256 } from './canonical-json.ts'

/** The same data, with the keys of each object in the opposite order. */
function reversed(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(reversed)
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, reversed(value)])
      .toReversed(),
  )
}

describe('canonical JSON', () => {
  it('has sorted keys, at every depth, and no blanks', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: 'x y' }], a: null })).to.equal(
      '{"a":null,"b":[{"a":"x y","d":1}]}',
    )
  })

  // JavaScript moves keys that are whole numbers to the front of an object.
  it('sorts numbers as text, as RFC 8785 has it', () => {
    expect(canonicalJson({ 9: 'nine', 10: 'ten', '€': 'euro', a: 1e21 })).to.equal(
      '{"10":"ten","9":"nine","a":1e+21,"€":"euro"}',
    )
  })

  it('is the same text for the same data in another order, and means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const text = canonicalJson(data)
        expect(canonicalJson(reversed(data))).to.equal(text)
        expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(data)))
      }),
    )
  })

  it('has a digest', () => {
    expect(sha256('{}')).to.equal(createHash('sha256').update('{}').digest('hex'))
    expect(sha256(Buffer.from('{}'))).to.equal(sha256('{}'))
    expect(canonicalDigest({ a: undefined })).to.equal(`sha256:${sha256('{}')}`)
  })
})
