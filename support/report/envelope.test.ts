import { createPublicKey, verify } from 'node:crypto'
import { expect } from 'chai'
import { signedBytes } from './envelope.ts'

/** A coordinate of a point on the curve, as a JSON Web Key has it. */
function coordinate(decimal: string): string {
  return Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url')
}

describe('the bytes that an envelope signs', () => {
  // secure-systems-lab/dsse, protocol.md 1.0.0, Test Vectors.
  const PAYLOAD = Buffer.from('hello world')
  const TYPE = 'http://example.com/HelloWorld'

  it('are those of the published vector', () => {
    expect(signedBytes(PAYLOAD, TYPE).toString()).to.equal(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    )
  })

  it('are what the published signature is of', () => {
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: coordinate('46950820868899156662930047687818585632848591499744589407958293238635476079160'),
        y: coordinate('5640078356564379163099075877009565129882514886557779369047442380624545832820'),
      },
    })
    const signature = Buffer.from(
      'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
      'base64',
    )
    const isOf = (bytes: Buffer) => verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
    expect(isOf(signedBytes(PAYLOAD, TYPE))).to.equal(true)
    expect(isOf(signedBytes(PAYLOAD))).to.equal(false)
  })

  it('count bytes, not characters', () => {
    expect(signedBytes(Buffer.from('é'), 'é').toString()).to.equal('DSSEv1 2 é 2 é')
  })
})
