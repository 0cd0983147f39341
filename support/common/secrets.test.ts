import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { encrypt } from 'unixcrypt'
import { Secrets } from './secrets.ts'

const PASSWORD = 'pQ7-x_Zt4vB9mK2wLs8dRf3G'

function secretsOf(...all: string[]): Secrets {
  const secrets = new Secrets()
  for (const secret of all) secrets.add(secret)
  return secrets
}

describe('secrets', () => {
  it('are cut out wherever they stand', () => {
    expect(secretsOf(PASSWORD).redact(`a ${PASSWORD} b${PASSWORD}`)).to.equal('a [redacted] b[redacted]')
  })

  it('are found in base64, whatever stands before and behind them', () => {
    const secrets = secretsOf(PASSWORD)
    fc.assert(
      fc.property(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), (before, after) => {
        for (const encoding of ['base64', 'base64url'] as const) {
          const text = Buffer.from(`${before}${PASSWORD}${after}`).toString(encoding)
          const left = secrets.redact(text).split('[redacted]').join('\n')
          // At each end, only characters that also encode bits of the neighbouring text may be left.
          expect(Buffer.from(left, encoding).toString('latin1')).not.to.contain(PASSWORD.slice(1, -1))
          expect(secrets.redact(text)).to.contain('[redacted]')
        }
      }),
    )
  })

  it('are found in an address and in JSON', () => {
    const secret = 'a b&c/"quoted"+ü%'
    const secrets = secretsOf(secret)
    expect(secrets.redact(`https://x/?p=${encodeURIComponent(secret)}`)).to.equal('https://x/?p=[redacted]')
    expect(secrets.redact(JSON.stringify({ p: secret }))).to.equal('{"p":"[redacted]"}')
  })

  it('leave no long part behind where a text was cut in their middle', () => {
    const token = randomBytes(400).toString('base64url')
    const secrets = secretsOf(PASSWORD, token)
    fc.assert(
      fc.property(
        fc.nat(token.length - 12),
        fc.integer({ min: 12, max: 300 }),
        fc.nat(20),
        (from, length, pad) => {
          const part = token.slice(from, from + length)
          expect(secrets.redact(`${' '.repeat(pad)}${part} …`)).to.equal(`${' '.repeat(pad)}[redacted] …`)
        },
      ),
    )
    expect(secrets.redact(`${PASSWORD.slice(0, 15)} …`)).to.equal('[redacted] …')
  })

  it('do not blank other texts', () => {
    const secrets = secretsOf(PASSWORD, randomBytes(400).toString('base64url'))
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(secrets.redact(text)).to.equal(text)
      }),
    )
  })

  it('are not told by their hash either', () => {
    const hash = encrypt(PASSWORD)
    expect(new Secrets().redact(`list: ["root:${hash}"]`)).to.equal('list: ["root:[redacted]"]')
  })

  it('of under four characters are refused', () => {
    expect(() => {
      new Secrets().add('abc')
    }).to.throw(TypeError)
  })

  it('are looked for in megabytes in no time to speak of', () => {
    const secrets = secretsOf(PASSWORD, randomBytes(900).toString('base64url'))
    const text = `${randomBytes(3 * 2 ** 19).toString('base64')}\n${PASSWORD}`
    expect(secrets.redact(text)).to.match(/\n\[redacted\]$/)
  })
})
