import { expect } from 'chai'
import fc from 'fast-check'
import { ByteRing } from './byte-ring.ts'

describe('a ring of bytes', () => {
  it('keeps the last bytes and counts the others, however they come', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 100 }), (all, most) => {
        const ring = new ByteRing(most)
        for (const piece of all) ring.push(piece)
        const whole = Buffer.concat(all)
        expect(ring.bytes()).to.deep.equal(whole.subarray(Math.max(0, whole.length - most)))
        expect(ring.dropped).to.equal(Math.max(0, whole.length - most))
        expect(ring.length + ring.dropped).to.equal(whole.length)
      }),
    )
  })

  it('grows past its first block without losing anything', () => {
    const ring = new ByteRing(100_000)
    const whole = Buffer.alloc(90_000, 'lorem ipsum ')
    for (let at = 0; at < whole.length; at += 1000) ring.push(whole.subarray(at, at + 1000))
    expect(ring.bytes().equals(whole)).to.equal(true)
  })

  it('keeps copies: a view would hold the buffer that its bytes came in', () => {
    const ring = new ByteRing(100)
    const received = Buffer.from('received')
    ring.push(received.subarray(0, 5))
    received.fill('x')
    expect(ring.bytes().toString()).to.equal('recei')
  })
})
