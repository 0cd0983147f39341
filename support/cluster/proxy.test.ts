import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { proxyFromEnvironment, proxyUrl, wantsProxy, withoutPassword } from './proxy.ts'

describe('the proxy to the API server', () => {
  const server = new URL('https://api.example.com:6443')

  it('is HTTPS_PROXY for https and HTTP_PROXY for http, in either case of letters', () => {
    const env = { https_proxy: 'http://one:3128', HTTP_PROXY: 'http://two:3128' }
    expect(proxyFromEnvironment(server, env)).to.equal('http://one:3128')
    expect(proxyFromEnvironment(new URL('http://api.example.com'), env)).to.equal('http://two:3128')
    expect(proxyFromEnvironment(server, { ALL_PROXY: 'http://one:3128' })).to.equal(undefined)
  })

  it('may lack a scheme in the environment, and is refused where it is none', () => {
    expect(proxyFromEnvironment(server, { HTTPS_PROXY: 'one:3128' })).to.equal('http://one:3128')
    expect(() => proxyFromEnvironment(server, { HTTPS_PROXY: '%' })).to.throw(InvalidInputError)
  })

  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    it(`is not between this machine and ${host}`, () => {
      expect(wantsProxy(new URL(`https://${host}:6443`), '')).to.equal(false)
    })
  }

  for (const [noProxy, url, isProxied] of [
    ['', 'https://api.example.com', true],
    ['*', 'https://api.example.com', false],
    ['example.com', 'https://api.example.com', false],
    ['example.com', 'https://example.com', false],
    ['example.com', 'https://anexample.com', true],
    ['.example.com', 'https://example.com', true],
    ['.example.com', 'https://api.example.com', false],
    ['*.example.com', 'https://api.example.com', false],
    ['other, API.example.com:6443', 'https://api.example.com:6443', false],
    ['api.example.com:443', 'https://api.example.com', false],
    ['api.example.com:443', 'https://api.example.com:6443', true],
    ['10.0.0.0/8', 'https://10.1.2.3:6443', false],
    ['10.0.0.0/8', 'https://11.1.2.3:6443', true],
    ['10.1.2.3', 'https://10.1.2.3:6443', false],
    ['10.1.2.3:443', 'https://10.1.2.3:6443', true],
    ['fd00::/8', 'https://[fd00::10]:6443', false],
    ['fd00::10', 'https://[fd00::10]:6443', false],
    ['[fd00::10]:6443', 'https://[fd00::10]:6443', false],
    ['10.0.0.0/99', 'https://10.1.2.3:6443', true],
    [',, ', 'https://api.example.com', true],
  ] as const) {
    it(`is ${isProxied ? '' : 'not '}used for ${url} with NO_PROXY="${noProxy}"`, () => {
      expect(wantsProxy(new URL(url), noProxy)).to.equal(isProxied)
    })
  }

  it('in a kubeconfig is an http, https or socks5 address', () => {
    for (const address of ['http://p:3128', 'https://p', 'socks5://p:1080'])
      expect(proxyUrl(address)).to.equal(address)
    for (const address of ['p:3128', 'ftp://p', 'http://', '']) expect(proxyUrl(address)).to.equal(undefined)
  })

  it('is told without the password in it', () => {
    expect(withoutPassword('http://me:sesame@proxy:3128/')).to.equal('http://proxy:3128')
  })
})
