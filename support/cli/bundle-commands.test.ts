import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { renderJson } from '../report/json.ts'
import { bundleOf, verifiableReport } from '../verification/verifiable.fixture.ts'
import { COMMANDS } from './commands/index.ts'
import { runProgram } from './program.ts'

const PROGRAM = path.join(import.meta.dirname, 'checkup-cli.ts')

describe('the commands for bundles', () => {
  let folder = ''
  let bundle = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bundle-commands-'))
    bundle = path.join(folder, 'bundle.tar.gz')
    await writeFile(bundle, await bundleOf(verifiableReport('passed')))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  /** The sentences with which a command ends. */
  const refusal = (...args: string[]) =>
    runProgram(COMMANDS, args, { env: {}, print: () => undefined }).then(
      (code) => `exit code ${code}`,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
  const unpacked = async () => {
    execFileSync('tar', ['-xzf', bundle], { cwd: folder })
    const [name = ''] = (await readdir(folder)).filter((each) => each.startsWith('dpdk-checkup-'))
    return path.join(folder, name)
  }
  const pem = async (name: string, key: KeyObject, options: object) => {
    await writeFile(path.join(folder, name), key.export(options as never))
    return path.join(folder, name)
  }
  const PKCS8 = { type: 'pkcs8', format: 'pem' }
  const SPKI = { type: 'spki', format: 'pem' }

  it('sign what they verify, and verify what they signed', async () => {
    const [secret, open] = ['lab.pem', 'lab.pub.pem'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ]
    // As the docs say; a bare machine has no openssl.
    if (spawnSync('openssl', ['version']).status === 0) {
      execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', secret])
      execFileSync('openssl', ['pkey', '-in', secret, '-pubout', '-out', open])
    } else {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      await pem('lab.pem', privateKey, PKCS8)
      await pem('lab.pub.pem', publicKey, SPKI)
    }
    const signed = run('sign', 'bundle.tar.gz', '--sign-key', secret)
    expect(signed.stderr).to.equal('')
    expect(signed.status).to.equal(0)
    const verified = run('verify', 'bundle.tar.gz', '--key', open)
    expect(verified.stderr).to.equal('')
    expect(verified.stdout)
      .to.match(/^verified: bundle\.tar\.gz$/m)
      .and.match(/^ {2}verdict {6}passed$/m)
      .and.match(/^ {2}bundle {7}sha256:[0-9a-f]{64} \(of manifest\.sha256\)$/m)
      .and.match(/^ {2}criteria {5}\d+ of \d+ criteria judged again$/m)
      .and.match(
        /^ {2}as recorded {2}\d+, because the report lacks the objects of the cluster: precondition\.configmap, /m,
      )
      .and.match(/^ {2}signature {4}by the key [0-9a-f]{64}$/m)
    expect(verified.status).to.equal(0)
    const json = JSON.parse(run('verify', 'bundle.tar.gz', '-o', 'json').stdout) as Record<string, unknown>
    expect(json).to.include({ verdict: 'passed', signature: 'unchecked', simulated: false })
    expect(await refusal('sign', bundle, '--sign-key', secret)).to.match(
      /^the bundle is signed already: remove /,
    )
  })

  it('verify a folder as well, which sha256sum verifies too, and a failed run with 1', async () => {
    const unpackedFolder = await unpacked()
    expect(await refusal('verify', unpackedFolder)).to.equal('exit code 0')
    execFileSync('sha256sum', ['--check', '--quiet', '--strict', 'manifest.sha256'], { cwd: unpackedFolder })
    await writeFile(bundle, await bundleOf(verifiableReport('lossy', { verdict: 'failed' })))
    expect(await refusal('verify', bundle)).to.equal('exit code 1')
  })

  it('verify the folder of a run, whose reports are those in its bundle', async () => {
    await writeFile(path.join(folder, 'report.json'), renderJson(verifiableReport('passed')))
    expect(await refusal('verify', folder)).to.equal('exit code 0')
    await writeFile(path.join(folder, 'report.json'), renderJson(verifiableReport('lossy')))
    expect(await refusal('verify', folder)).to.match(/^report\.json is not the one in .*bundle\.tar\.gz$/)
  })

  it('refuse what is no bundle, in a sentence', async () => {
    const whole = await readFile(bundle)
    const unpackedFolder = await unpacked()
    const cases: readonly (readonly [RegExp, () => Promise<string>])[] = [
      [/none cannot be read: ENOENT/, () => refusal('verify', path.join(folder, 'none'))],
      [
        /^the file manifest\.sha256 is missing/,
        async () => refusal('verify', await mkdtemp(path.join(folder, 'empty-'))),
      ],
      [
        /cannot be read: unexpected end of file$/,
        async () => {
          await writeFile(bundle, whole.subarray(0, -100))
          return refusal('verify', bundle)
        },
      ],
      [
        /cannot be read: incorrect header check$/,
        async () => {
          await writeFile(bundle, 'nothing')
          return refusal('verify', bundle)
        },
      ],
      [
        /"link" in it is not a file but a symbolic link$/,
        async () => {
          await symlink('/etc/passwd', path.join(unpackedFolder, 'link'))
          return refusal('verify', unpackedFolder)
        },
      ],
      [
        /"a b" in it is not a name of a report$/,
        async () => {
          await rm(path.join(unpackedFolder, 'link'))
          await writeFile(path.join(unpackedFolder, 'a b'), '')
          return refusal('verify', unpackedFolder)
        },
      ],
    ]
    for (const [sentence, refused] of cases) expect(await refused()).to.match(sentence)
    const refused = run('verify', bundle)
    expect(refused.status).to.equal(2)
    expect(refused.stderr).not.to.contain('    at ')
  })

  it('refuse a key that is none, in a sentence', async () => {
    const ed25519 = generateKeyPairSync('ed25519')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const secret = await pem('secret.pem', ed25519.privateKey, PKCS8)
    const open = await pem('open.pem', ed25519.publicKey, SPKI)
    const text = path.join(folder, 'text.pem')
    await writeFile(text, 'a key')
    await mkdir(path.join(folder, 'dir'))
    const encrypted = await pem('encrypted.pem', ed25519.privateKey, {
      ...PKCS8,
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    })
    const signing: readonly (readonly [RegExp, string])[] = [
      [/text\.pem is not a private key in PEM$/, text],
      [/rsa\.pem is a key of type rsa, not Ed25519$/, await pem('rsa.pem', rsa.privateKey, PKCS8)],
      [/encrypted\.pem is encrypted: decrypt it first/, encrypted],
      [/open\.pem is a public key: signing needs the private key$/, open],
      [/none\.pem cannot be read: ENOENT/, path.join(folder, 'none.pem')],
      [/dir is not a file$|EISDIR/, path.join(folder, 'dir')],
      [/zero is not a file$/, '/dev/zero'],
    ]
    for (const [sentence, file] of signing)
      expect(await refusal('sign', bundle, '--sign-key', file)).to.match(sentence)
    const checking: readonly (readonly [RegExp, string])[] = [
      [/text\.pem is not a public key in PEM$/, text],
      [/secret\.pem is a private key: give the public key/, secret],
      [/open-rsa\.pem is a key of type rsa, not Ed25519$/, await pem('open-rsa.pem', rsa.publicKey, SPKI)],
    ]
    for (const [sentence, file] of checking)
      expect(await refusal('verify', bundle, '--key', file)).to.match(sentence)
    expect(await refusal('verify', bundle, '--key', open)).to.match(/^the bundle is not signed: /)
    expect(await refusal('sign', bundle)).to.match(/^--sign-key is missing/)
  })
})
