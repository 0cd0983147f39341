import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { InvalidInputError } from '../common/errors.ts'
import { loadCredentials } from './credentials.ts'

const CASES = join(import.meta.dirname, '..', '..', 'fixtures', 'cases')

describe('the credentials for a cluster', () => {
  let folder: string
  let secrets: string[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dpdk-checkup-test-'))
    secrets = []
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const onSecret = (secret: string) => secrets.push(secret)
  const load = (path: string, env: NodeJS.ProcessEnv = {}) =>
    loadCredentials({ KUBECONFIG: path, ...env }, { onSecret, serviceAccount: join(folder, 'account') })

  function kubeconfig(name: string, user: unknown, cluster: object = {}): string {
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

  async function headersOf(config: ReturnType<typeof loadCredentials>) {
    const options: RequestOptions = { headers: {} }
    await config.applyToHTTPSOptions(options)
    return options.headers as Record<string, string>
  }
  const authorization = async (config: ReturnType<typeof loadCredentials>) =>
    (await headersOf(config))['Authorization']

  function refusal(path: string, env: NodeJS.ProcessEnv = {}): string {
    try {
      load(path, env)
    } catch (error) {
      if (error instanceof InvalidInputError) return error.message
      throw error
    }
    return 'not refused'
  }

  it('are those of the environment that is given, not of the process', async () => {
    const config = load(kubeconfig('one', { token: 'abcd' }))
    expect(config.getCurrentCluster()?.server).to.equal('https://one.example')
    expect(secrets).to.deep.equal(['abcd'])
    expect(await authorization(config)).to.equal('Bearer abcd')
  })

  it('may be in several files, the first of which says what is current', () => {
    const files = [kubeconfig('one', { token: 'abcd' }), kubeconfig('two', { token: 'efgh' })]
    const config = load(files.join(delimiter))
    expect(config.getCurrentCluster()?.server).to.equal('https://one.example')
  })

  it('take the current context of the first file that names one', () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, stringify({ apiVersion: 'v1', kind: 'Config' }))
    const files = [empty, kubeconfig('two', { token: 'efgh' })]
    expect(load(files.join(delimiter)).getCurrentCluster()?.server).to.equal('https://two.example')
  })

  it('may have their token in a file beside the kubeconfig, which counts before a token in it', async () => {
    writeFileSync(join(folder, 'secret'), 'from-a-file\n')
    const config = load(kubeconfig('one', { token: 'abcd', tokenFile: 'secret' }))
    expect(await authorization(config)).to.equal('Bearer from-a-file')
    expect(secrets).to.include('from-a-file')
  })

  it('are those of the file where the kubeconfig names a provider too, and are kept out of reports', async () => {
    writeFileSync(join(folder, 'secret'), 'from-a-file\n')
    const provider = { name: 'tokenFile', config: { tokenFile: join(folder, 'secret') } }
    const config = load(kubeconfig('one', { tokenFile: 'secret', 'auth-provider': provider }))
    expect(await authorization(config)).to.equal('Bearer from-a-file')
    expect(secrets).to.deep.equal(['from-a-file'])
  })

  it('keep the previous token if its file cannot be read', async () => {
    const config = load(kubeconfig('one', { token: 'abcd', tokenFile: 'gone' }))
    expect(await authorization(config)).to.equal('Bearer abcd')
  })

  it('lose the line break behind a token', async () => {
    const config = load(join(CASES, 'kubeconfig-token-newline', 'kubeconfig.yaml'))
    expect(await authorization(config)).to.equal('Bearer abcdefgh.ijkl')
  })

  it('are nobody where the context has no user, as behind `kubectl proxy`', async () => {
    const path = join(folder, 'config')
    const server = '127.0.0.1:8001'
    writeFileSync(
      path,
      stringify({
        clusters: [{ name: 'c', cluster: { server } }],
        contexts: [{ name: 'x', context: { cluster: 'c', namespace: 'dpdk' } }],
        'current-context': 'x',
      }),
    )
    const config = load(path)
    expect(config.getCurrentCluster()?.server).to.equal(`http://${server}`)
    expect(config.getContextObject(config.getCurrentContext())?.namespace).to.equal('dpdk')
    expect(await headersOf(config)).to.deep.equal({})
  })

  it('may ask for another user, with its uid, group and extra', async () => {
    const config = load(
      kubeconfig('one', {
        token: 'abcd',
        as: 'me',
        'as-uid': '7',
        'as-groups': ['us'],
        'as-user-extra': { 'example.com/scope': ['all'] },
      }),
    )
    expect(await headersOf(config)).to.deep.equal({
      Authorization: 'Bearer abcd',
      'Impersonate-User': 'me',
      'Impersonate-Uid': '7',
      'Impersonate-Group': 'us',
      'Impersonate-Extra-example.com%2Fscope': 'all',
    })
  })

  describe('of a program', () => {
    const given = (token: string, more: object = {}) => ({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { token, ...more },
    })

    /** A credential plugin that counts its runs, stores its input, and prints `print`. */
    function plug(print: unknown, exec: object = {}, script = ''): string {
      mkdirSync(join(folder, 'bin'))
      const path = join(folder, 'bin', 'plug')
      writeFileSync(join(folder, 'printed'), JSON.stringify(print))
      writeFileSync(
        path,
        `#!/bin/sh\ncd "$(dirname "$0")/.."; echo run >> runs; echo "$KUBERNETES_EXEC_INFO" > told\n${script}\ncat printed\n`,
      )
      chmodSync(path, 0o755)
      const user = parse(readFileSync(join(CASES, 'exec-relative-command', 'user.yaml'), 'utf8')) as {
        exec: object
      }
      return kubeconfig('one', { exec: { ...user.exec, ...exec } })
    }
    const runs = () => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length
    const told = () => JSON.parse(readFileSync(join(folder, 'told'), 'utf8')) as { spec: unknown }
    async function failure(config: ReturnType<typeof loadCredentials>): Promise<unknown> {
      return authorization(config).catch((error: unknown) => error)
    }

    it('are found from the folder of the kubeconfig, whichever folder this runs in', async () => {
      expect(await authorization(load(plug(given('efgh'))))).to.equal('Bearer efgh')
      expect(secrets).to.deep.equal(['efgh'])
      expect(told().spec).to.deep.equal({ interactive: false })
    })

    it('are asked for once for all requests, until they expire', async () => {
      const kept = load(plug(given('efgh')))
      await Promise.all([authorization(kept), authorization(kept)])
      await authorization(kept)
      expect(runs()).to.equal(1)
      const expired = given('ijkl', { expirationTimestamp: '2020-01-01T00:00:00Z' })
      writeFileSync(join(folder, 'printed'), JSON.stringify(expired))
      const renewed = load(join(folder, 'one'))
      await authorization(renewed)
      expect(await authorization(renewed)).to.equal('Bearer ijkl')
      expect(runs()).to.equal(3)
    })

    it('know the cluster where they want to (provideClusterInfo)', async () => {
      const path = plug(given('efgh'), { provideClusterInfo: true })
      const text = parse(readFileSync(path, 'utf8')) as { clusters: { cluster: object }[] }
      Object.assign(text.clusters[0]?.cluster ?? {}, {
        'tls-server-name': 'api',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'us' } }],
      })
      writeFileSync(path, stringify(text))
      await authorization(load(path))
      expect(told().spec).to.deep.equal({
        interactive: false,
        cluster: {
          server: 'https://one.example',
          'tls-server-name': 'api',
          config: { audience: 'us' },
        },
      })
    })

    it('are not asked for where the kubeconfig has a token', async () => {
      const path = plug(given('efgh'))
      const text = parse(readFileSync(path, 'utf8')) as { users: { user: object }[] }
      Object.assign(text.users[0]?.user ?? {}, { token: 'abcd' })
      writeFileSync(path, stringify(text))
      expect(await authorization(load(path))).to.equal('Bearer abcd')
    })

    it('lose the line break behind their token', async () => {
      expect(await authorization(load(plug(given('efgh\n'))))).to.equal('Bearer efgh')
    })

    it('fail in its own words', async () => {
      const error = await failure(load(plug(given('x'), {}, 'echo "run: sso login" >&2; exit 3')))
      expect(error).to.have.property('code', 'no-credentials')
      expect(String(error)).to.match(/bin\/plug returned no credentials: exit code 3: run: sso login$/)
    })

    it('fail with the hint where the program is not there', async () => {
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' }
      const path = kubeconfig('one', { exec: { ...exec, command: 'no-such-plug', installHint: 'get it' } })
      expect(String(await failure(load(path)))).to.match(
        /no-such-plug returned no credentials: there is no such program; get it$/,
      )
    })

    for (const [what, print, sentence] of [
      ['nothing of it', null, /did not print an ExecCredential/],
      ['no status', { ...given('x'), status: null }, /did not print an ExecCredential/],
      [
        'another version',
        { ...given('x'), apiVersion: 'client.authentication.k8s.io/v1beta1' },
        /v1beta1, not/,
      ],
      ['neither token nor certificate', given(''), /neither a token nor a certificate/],
      ['a key alone', given('', { clientKeyData: 'x' }), /only one of certificate and key/],
    ] as const) {
      it(`fail where it prints ${what}`, async () => {
        expect(String(await failure(load(plug(print))))).to.match(sentence)
      })
    }
  })

  describe('of a pod', () => {
    beforeEach(() => {
      mkdirSync(join(folder, 'account'))
      writeFileSync(join(folder, 'account', 'token'), 'of-the-pod\n')
      writeFileSync(join(folder, 'account', 'namespace'), 'dpdk\n')
    })
    const inPod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }

    it('are its account’s', async () => {
      const config = load('', inPod)
      expect(config.getCurrentCluster()?.server).to.equal('https://[fd00::1]:443')
      expect(config.getContextObject(config.getCurrentContext())?.namespace).to.equal('dpdk')
      expect(await authorization(config)).to.equal('Bearer of-the-pod')
    })

    it('are those of a kubeconfig where one names a current context', () => {
      const path = kubeconfig('one', {})
      expect(load(path, inPod).getCurrentCluster()?.server).to.equal('https://one.example')
      writeFileSync(path, '')
      expect(load(path, inPod).getCurrentCluster()?.server).to.equal('https://[fd00::1]:443')
    })
  })

  it('go by the proxy of the kubeconfig, else by the one of the environment', () => {
    const env = { HTTPS_PROXY: 'http://two:3128', NO_PROXY: '.other' }
    const proxyOf = (path: string) => load(path, env).getCurrentCluster()?.proxyUrl
    expect(proxyOf(kubeconfig('one', {}, { 'proxy-url': 'socks5://one:1080' }))).to.equal('socks5://one:1080')
    expect(proxyOf(kubeconfig('two', {}))).to.equal('http://two:3128')
    expect(proxyOf(kubeconfig('three', {}, { server: 'https://api.other' }))).to.equal(undefined)
  })

  it('go over http only where the kubeconfig says that this is meant', () => {
    const server = 'http://127.0.0.1:8001'
    const user = { token: 'abcd' }
    const meant = kubeconfig('proxy', user, { server, 'insecure-skip-tls-verify': true })
    expect(load(meant).getCurrentCluster()?.server).to.equal(server)
    expect(refusal(kubeconfig('one', user, { server }))).to.match(
      /one: names http:.* unencrypted; set insecure-skip-tls-verify: true/,
    )
  })

  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'plug', interactiveMode: 'Never' }
  for (const [what, user, cluster, sentence] of [
    ['has no server', {}, { server: '' }, /the cluster "one" has no server$/],
    ['has an ftp server', {}, { server: 'ftp://one' }, /not an http or https address: ftp/],
    ['has a server with a blank', {}, { server: 'https://one :6443' }, /not an http or https address/],
    ['has a server with a blank behind it', {}, { server: 'https://one ' }, /not an http or https address/],
    // client-go's transport.TLSConfigFor
    [
      'has an authority and does not want it',
      {},
      { 'certificate-authority': '/etc/ca.crt', 'insecure-skip-tls-verify': true },
      /insecure-skip-tls-verify and a certificate-authority: only one/,
    ],
    [
      'has a provider that nothing knows',
      { 'auth-provider': { name: 'openstack' } },
      {},
      /an auth-provider "openstack", not one of oidc, gcp, azure; an exec plugin/,
    ],
    ['has a proxy that is none', {}, { 'proxy-url': 'proxy:3128' }, /a proxy-url that is no/],
    ['has an authority that is not there', {}, { 'certificate-authority': 'ca.crt' }, /ca.crt/],
    [
      'has an authority without a certificate',
      {},
      { 'certificate-authority-data': 'aGFsbG8=' },
      /certificate-authority-data without a certificate/,
    ],
    ['has a token and a password', { token: 'abcd', username: 'me' }, {}, /a token and a password/],
    ['has a token in two lines', { token: 'ab\ncd' }, {}, /no usable token: its token contains a line break/],
    ['has no token in its file', { tokenFile: 'gone' }, {}, /no usable token: the token file .*gone/],
    ['has a certificate without a key', { 'client-certificate-data': 'eA==' }, {}, /without its client-key/],
    [
      'has a certificate that is none',
      { 'client-certificate-data': 'eA==', 'client-key-data': 'eA==' },
      {},
      /client-certificate and client-key that cannot be used/,
    ],
    [
      'has a program of an old version',
      { exec: { ...exec, apiVersion: 'v1alpha1' } },
      {},
      /"v1alpha1", not one of/,
    ],
    ['has a program without its mode', { exec: { ...exec, interactiveMode: '' } }, {}, /interactiveMode ""/],
    ['asks for groups of nobody', { 'as-groups': ['us'] }, {}, /as-user-extra without as(?!-)/],
    ['asks for two groups', { as: 'me', 'as-groups': ['us', 'them'] }, {}, /only one can be sent/],
  ] as const) {
    it(`are refused at once where the kubeconfig ${what}`, () => {
      const message = refusal(kubeconfig('one', user, cluster))
      expect(message).to.match(/^the kubeconfig .*one: /)
      expect(message).to.match(sentence)
    })
  }

  it('may be of a program of v1beta1 without its mode', () => {
    const old = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'plug' }
    expect(refusal(kubeconfig('one', { exec: old }))).to.equal('not refused')
  })

  for (const [what, text, sentence] of [
    ['names no current context', 'apiVersion: v1\nkind: Config\n', /names no current context$/],
    [
      'names a context that it has not',
      'current-context: a\n',
      /has no context "a"; those in it: it has none/,
    ],
    [
      'names a cluster that it has not',
      'current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\nclusters: [{name: c}]\n',
      /the cluster "b", which is none of those in it: c/,
    ],
    [
      'has an empty current context',
      'current-context: a\ncontexts: [{name: a, context: {}}]\n',
      /no cluster in its current context "a"/,
    ],
  ] as const) {
    it(`are refused with a sentence where the kubeconfig ${what}`, () => {
      const path = join(folder, 'broken')
      writeFileSync(path, text)
      expect(refusal(path)).to.match(/^the kubeconfig .*broken /)
      expect(refusal(path)).to.match(sentence)
    })
  }

  it('are refused where no file of the list is there', () => {
    expect(refusal(join(folder, 'nope'))).to.match(/nope cannot be used: there is no such file$/)
  })
})
