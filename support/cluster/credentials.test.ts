import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { InvalidInputError } from '../common/errors.ts'
import { loadCredentials, tokenOf } from './credentials.ts'

describe('the credentials for a cluster', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dpdk-checkup-test-'))))
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function kubeconfig(name: string, user: object, cluster: object = {}): string {
    const path = join(folder, name)
    const text = stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: `https://${name}.example`, ...cluster } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    })
    writeFileSync(path, text)
    return path
  }

  async function authorization(config: ReturnType<typeof loadCredentials>) {
    const options: RequestOptions = { headers: {} }
    await config.applyToHTTPSOptions(options)
    return (options.headers as Record<string, string>)['Authorization']
  }

  it('are those of the environment that is given, not of the process', async () => {
    const config = loadCredentials({ KUBECONFIG: kubeconfig('one', { token: 'abcd' }) })
    expect(config.getCurrentCluster()?.server).to.equal('https://one.example')
    expect(tokenOf(config)).to.equal('abcd')
    expect(await authorization(config)).to.equal('Bearer abcd')
  })

  it('may be in several files, the first of which says what is current', () => {
    const files = [kubeconfig('one', { token: 'abcd' }), kubeconfig('two', { token: 'efgh' })]
    const config = loadCredentials({ KUBECONFIG: files.join(delimiter) })
    expect(config.getContexts().map(({ name }) => name)).to.deep.equal(['one', 'two'])
    expect(config.getCurrentContext()).to.equal('one')
  })

  it('take the current context of the first file that names one', () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, stringify({ apiVersion: 'v1', kind: 'Config' }))
    const files = [empty, kubeconfig('two', { token: 'efgh' })]
    expect(loadCredentials({ KUBECONFIG: files.join(delimiter) }).getCurrentContext()).to.equal('two')
  })

  it('may have their token in a file beside the kubeconfig, which counts before a token in it', async () => {
    writeFileSync(join(folder, 'secret'), 'from-a-file\n')
    const config = loadCredentials({
      KUBECONFIG: kubeconfig('one', { token: 'abcd', tokenFile: 'secret' }),
    })
    expect(tokenOf(config)).to.equal('from-a-file')
    expect(await authorization(config)).to.match(/^Bearer from-a-file\s*$/)
  })

  it('go over http only where the kubeconfig says that this is meant', () => {
    const server = 'http://127.0.0.1:8001'
    const meant = kubeconfig('proxy', {}, { server, 'insecure-skip-tls-verify': true })
    expect(loadCredentials({ KUBECONFIG: meant }).getCurrentCluster()?.server).to.equal(server)
    expect(() => loadCredentials({ KUBECONFIG: kubeconfig('one', {}, { server }) })).to.throw(
      InvalidInputError,
      /one names http:.* unencrypted; insecure-skip-tls-verify: true/,
    )
  })

  for (const [what, text] of [
    ['is no YAML', '{'],
    ['is a list', '- 1'],
    ['names no current context', 'apiVersion: v1\nkind: Config\n'],
    ['has users that are none', 'users: 7'],
  ] as const) {
    it(`are refused with a sentence where the kubeconfig ${what}`, () => {
      const path = join(folder, 'broken')
      writeFileSync(path, text)
      expect(() => loadCredentials({ KUBECONFIG: path })).to.throw(InvalidInputError, /kubeconfig .*broken/)
    })
  }
})
