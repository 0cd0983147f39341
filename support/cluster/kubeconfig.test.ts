import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { InvalidInputError } from '../common/errors.ts'
import { readKubeconfig } from './kubeconfig.ts'

const CASES = join(import.meta.dirname, '..', '..', 'fixtures', 'cases')

describe('a kubeconfig, as kubectl reads it', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dpdk-checkup-test-'))))
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const one = (name = 'one') =>
    write(
      name,
      stringify({
        clusters: [{ name, cluster: { server: `https://${name}.example` } }],
        users: [{ name, user: { token: 'abcd' } }],
        contexts: [{ name, context: { cluster: name, user: name } }],
        'current-context': name,
      }),
    )

  it('has of each name what the first file says of it, where two have the same names', () => {
    const files = ['one', 'two'].map((name) => join(CASES, 'kubeconfig-list-duplicates', name))
    const { clusters, contexts, currentContext } = readKubeconfig(files)
    expect(clusters.get('kubernetes')?.server).to.equal('https://one.example:6443')
    expect([...contexts.keys()]).to.deep.equal(['one', 'two'])
    expect(currentContext).to.equal('one')
  })

  it('takes nothing of an entry from a later file, not even what the first leaves out', () => {
    const first = write('first', stringify({ users: [{ name: 'u', user: { username: 'me' } }] }))
    const second = write('second', stringify({ users: [{ name: 'u', user: { token: 'abcd' } }] }))
    const { users } = readKubeconfig([first, second])
    expect(users.get('u')).to.include({ username: 'me', token: '' })
  })

  it('is read in UTF-16, too, as PowerShell redirects it', () => {
    const text = readFileSync(one(), 'utf8')
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
    for (const content of [bytes, Buffer.from(bytes).swap16()]) {
      writeFileSync(join(folder, 'utf16'), content)
      expect(readKubeconfig([join(folder, 'utf16')]).currentContext).to.equal('one')
    }
  })

  it('is the same where a file is in the list twice', () => {
    const path = one()
    expect(readKubeconfig([path, path])).to.deep.equal(readKubeconfig([path]))
  })

  it('passes over files of the list that are not there, and empty names', () => {
    const there = join(CASES, 'kubeconfig-list-missing', 'one')
    const { files, currentContext } = readKubeconfig(['', join(folder, 'nope'), there])
    expect(files).to.deep.equal([there])
    expect(currentContext).to.equal('one')
  })

  for (const [what, text] of [
    ['is empty', ''],
    ['holds only a comment', '# nothing yet\n'],
    ['has empty lists', 'clusters: []\nusers:\ncontexts: null\n'],
    ['begins with an empty document', '---\n---\nkind: Secret\n'],
  ] as const) {
    it(`may have a file that ${what}`, () => {
      const { currentContext, files } = readKubeconfig([write('empty', text), one()])
      expect(currentContext).to.equal('one')
      expect(files).to.have.length(2)
    })
  }

  it('has merge keys and the words of YAML 1.1 for true and false, as go-yaml 2 reads them', () => {
    const text = [
      'x-all: &all {insecure-skip-tls-verify: yes, tls-server-name: api}',
      'clusters:',
      '- {name: 2026-01-02, cluster: {<<: *all, server: "https://a.example"}}',
      '- {name: 1:30, cluster: {server: "https://b.example", insecure-skip-tls-verify: off}}',
    ].join('\n')
    const { clusters } = readKubeconfig([write('config', text)])
    expect([...clusters.keys()]).to.deep.equal(['2026-01-02', '1:30'])
    expect(clusters.get('2026-01-02')).to.include({
      server: 'https://a.example',
      'tls-server-name': 'api',
      'insecure-skip-tls-verify': true,
    })
    expect(clusters.get('1:30')).to.include({ 'insecure-skip-tls-verify': false })
  })

  it('may have Windows line ends, a byte order mark, and nulls wherever a list may be', () => {
    const text = [
      'kind: Config',
      'preferences: {}',
      'clusters: [{name: c, cluster: {server: "https://c.example", proxy-url: "", extensions: null}}]',
      'users: [{name: u, user: {exec: {command: plug, args: null, env: null}, as-groups: null, as-user-extra: {a: null}}}]',
      'contexts: [{name: x, context: {cluster: c, user: u, extensions: [{name: y, extension: {}}]}}]',
      'current-context: x',
      '',
    ].join('\r\n')
    const { users, currentContext } = readKubeconfig([write('config', `\uFEFF${text}`)])
    expect(currentContext).to.equal('x')
    expect(users.get('u')?.exec).to.deep.include({ args: [], env: [] })
  })

  it('takes the current context of a later file where the first has an empty one, each with its own folder', () => {
    mkdirSync(join(folder, 'deep'))
    const first = write('first', stringify({ 'current-context': '', clusters: [], contexts: null }))
    const cluster = { server: 'https://c.example', 'certificate-authority': 'ca.crt' }
    const second = write(
      'deep/second',
      stringify({
        clusters: [{ name: 'c', cluster }],
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
        'current-context': 'x',
      }),
    )
    const { clusters, currentContext } = readKubeconfig([first, second, ''])
    expect(currentContext).to.equal('x')
    expect(clusters.get('c')?.['certificate-authority']).to.equal(join(folder, 'deep', 'ca.crt'))
  })

  it('may have entries without anything in them, where nothing refers to them', () => {
    const path = write(
      'config',
      stringify({
        clusters: [
          { name: 'a', cluster: { server: 'https://a.example' } },
          { name: 'b', cluster: {} },
          { name: 'c' },
        ],
        users: [{ name: 'a' }],
        contexts: [
          { name: 'a', context: { cluster: 'a', user: 'a' } },
          { name: 'b', context: {} },
          { name: 'c' },
        ],
        'current-context': 'a',
      }),
    )
    const { clusters, contexts } = readKubeconfig([path])
    expect([...clusters.keys()]).to.deep.equal(['a', 'b', 'c'])
    expect(contexts.get('c')).to.deep.equal({ cluster: '', user: '', namespace: '' })
  })

  it('has paths relative to the file that names them, and commands too where they have a slash', () => {
    mkdirSync(join(folder, 'deep'))
    const user = { tokenFile: 'secret', 'client-certificate': './my.crt', 'client-key': '/etc/my.key' }
    const exec = (command: string) => ({ exec: { command, apiVersion: 'client.authentication.k8s.io/v1' } })
    const path = write(
      'deep/config',
      stringify({
        clusters: [
          { name: 'c', cluster: { server: 'https://c.example', 'certificate-authority': '../ca.crt' } },
        ],
        users: [
          { name: 'files', user },
          { name: 'relative', user: exec('./bin/plug') },
          { name: 'path', user: exec('plug') },
        ],
      }),
    )
    const { clusters, users } = readKubeconfig([path])
    expect(clusters.get('c')?.['certificate-authority']).to.equal(join(folder, 'ca.crt'))
    expect(users.get('files')).to.include({
      tokenFile: join(folder, 'deep', 'secret'),
      'client-certificate': join(folder, 'deep', 'my.crt'),
      'client-key': '/etc/my.key',
    })
    expect(users.get('relative')?.exec?.command).to.equal(join(folder, 'deep', 'bin', 'plug'))
    expect(users.get('path')?.exec?.command).to.equal('plug')
  })

  for (const [what, text, sentence] of [
    ['is no YAML', '{', /./],
    ['is a list', '- 1', /it must be a mapping/],
    ['has users that are none', 'users: 7', /users must be a list/],
    ['is something else', 'apiVersion: v1\nkind: Secret\n', /it is a Secret v1, not a Config v1/],
    ['has a number for a name', 'clusters: [{name: 7}]', /clusters\[0\]\.name is 7, .*in quotes/],
    ['has a number for a current context', 'current-context: 7', /current-context is 7, .*in quotes/],
    ['has a number for a token', 'users: [{name: a, user: {token: 7}}]', /users\[0\]\.user\.token is 7/],
    ['has one name twice', 'users: [{name: a}, {name: a}]', /two of its users have the name "a"/],
    [
      'has an authority that is not base64',
      'clusters: [{name: a, cluster: {certificate-authority-data: "*"}}]',
      /clusters\[0\]\.cluster\.certificate-authority-data is not base64/,
    ],
  ] as const) {
    it(`is refused in a sentence where a file ${what}, wherever in the list it is`, () => {
      const path = write('broken', text)
      const refused = expect(() => readKubeconfig([one(), path])).to.throw(InvalidInputError)
      refused.with.property('message').that.matches(/^the kubeconfig .*broken cannot be used: /)
      refused.with.property('message').that.matches(sentence)
    })
  }

  it('is refused without the lines that are wrong, which may have secrets', () => {
    const path = write('torn', 'users:\n  - name: a\n    user: {token: s3cr3t\n  : [')
    expect(() => readKubeconfig([path]))
      .to.throw(InvalidInputError, /at line \d+, column \d+$/)
      .with.property('message')
      .that.does.not.include('s3cr3t')
  })

  it('is refused where it is a device without an end', () => {
    expect(() => readKubeconfig(['/dev/zero'])).to.throw(InvalidInputError, 'it has more than 16 MiB')
  })

  it('is refused with all files that cannot be used', () => {
    const paths = [write('first', 'users: 7'), folder]
    expect(() => readKubeconfig(paths.join(delimiter).split(delimiter)))
      .to.throw(InvalidInputError)
      .with.property('violations')
      .with.length(2)
  })
})
