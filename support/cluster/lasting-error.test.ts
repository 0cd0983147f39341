import { expect } from 'chai'
import { SuiteError } from '../common/errors.ts'
import { isLasting } from './lasting-error.ts'

const coded = (code: string) => Object.assign(new Error(code), { code })

describe('failure with a server that was never reached', () => {
  for (const code of [
    'ENOTFOUND',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ]) {
    it(`lasts where it is ${code}`, () => {
      expect(isLasting(new TypeError('fetch failed', { cause: coded(code) }))).to.equal(true)
    })
  }

  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'ETIMEDOUT', 'UND_ERR_SOCKET']) {
    it(`may pass where it is ${code}`, () => {
      expect(isLasting(new TypeError('fetch failed', { cause: coded(code) }))).to.equal(false)
    })
  }

  it('lasts where there are no credentials, and where a proxy refuses', () => {
    expect(isLasting(new SuiteError('no-credentials', 'none'))).to.equal(true)
    expect(isLasting(new Error('Proxy response (403) !== 200 when HTTP Tunneling'))).to.equal(true)
    // client-node's gcp_auth and azure_auth, for a token without a command that renews it.
    expect(isLasting(new Error('Token is expired!'))).to.equal(true)
    expect(isLasting(new Error('Proxy response (503) !== 200 when HTTP Tunneling'))).to.equal(false)
  })
})
