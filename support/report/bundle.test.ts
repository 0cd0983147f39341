import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { expect } from 'chai'
import { extract } from 'tar-stream'
import { encrypt } from 'unixcrypt'
import { attach, attachments } from './attachments.ts'
import { exampleReport } from './example.fixture.ts'
import { writeRun, writeRunNow } from './output.ts'
import { secrets } from '../common/secrets.ts'
import { cleanReport } from './publish.ts'
import type { WriteResult } from './write-result.ts'

const PASSWORD = 'bundle-pQ7x_Zt4vB9mK2wLs8dR'
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJidW5kbGUtdGVzdCJ9.c2lnbmF0dXJlLW9mLXRoZS1idW5kbGUtdGVzdA'

describe('the bundle', () => {
  let folder = ''

  before(() => {
    secrets.add(PASSWORD)
    secrets.add(TOKEN)
    attach('consoles/bundle-test.log', () => `localhost login: root\r\nPassword: \r\n# echo ${PASSWORD}\r\n`)
    attach('manifests/bundle-test.yaml', () =>
      [
        `chpasswd: root:${encrypt(PASSWORD)}`,
        `userDataBase64: ${Buffer.from(`x: ${PASSWORD}\n`).toString('base64')}`,
        `authorization: Bearer ${TOKEN}`,
        `cut: ${TOKEN.slice(0, 40)} … (${TOKEN.length} characters in all)`,
        `url: https://host/?token=${encodeURIComponent(TOKEN)}`,
      ].join('\n'),
    )
    attach('../../bundle-test/./<escape>', () => 'stays inside')
  })
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bundle-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const ways: Readonly<Record<string, () => Promise<WriteResult>>> = {
    'at the end of a run': () => writeRun(report(), attachments(), folders()),
    'where the process ends at once': () => Promise.resolve(writeRunNow(report(), attachments(), folders())),
  }
  for (const [when, write] of Object.entries(ways)) {
    it(`holds every report, console and manifest, with their digests: ${when}`, async () => {
      const { files, problems } = await write()
      expect(problems).to.deep.equal([])
      const entries = await unpack(path.join(folder, 'bundle.tar.gz'))
      const names = [...entries.keys()].map((name) => name.replace('dpdk-checkup-20260304T050607Z/', ''))
      const reports = (await readdir(folder)).filter((name) => name !== 'bundle.tar.gz')
      expect(files.map((file) => path.basename(file))).to.have.members([...reports, 'bundle.tar.gz'])
      expect(names).to.include.members([
        ...reports,
        'consoles/bundle-test.log',
        'manifests/bundle-test.yaml',
        'bundle-test/_escape_',
        'manifest.sha256',
      ])
      for (const name of names) expect(name).to.match(/^[A-Za-z0-9]/)
      const sums = entries.get('dpdk-checkup-20260304T050607Z/manifest.sha256') ?? ''
      // The statement has the digest of the manifest.
      for (const name of names.filter((each) => each !== 'manifest.sha256' && each !== 'statement.json')) {
        const content = entries.get(`dpdk-checkup-20260304T050607Z/${name}`) ?? ''
        expect(sums).to.contain(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`)
      }
      for (const name of reports) {
        expect(entries.get(`dpdk-checkup-20260304T050607Z/${name}`)).to.equal(
          await readFile(path.join(folder, name), 'utf8'),
        )
      }
    })

    it(`tells no secret, in whatever form: ${when}`, async () => {
      await write()
      const bundled = await unpack(path.join(folder, 'bundle.tar.gz'))
      const written = await Promise.all(
        (await readdir(folder))
          .filter((name) => name !== 'bundle.tar.gz')
          .map((name) => readFile(path.join(folder, name), 'utf8')),
      )
      for (const content of [...bundled.values(), ...written]) {
        for (const secret of [PASSWORD, TOKEN]) {
          for (const form of formsOf(secret)) expect(content).not.to.contain(form)
        }
        expect(content).not.to.match(/\$[56y]\$/)
      }
      expect([...bundled.values()].join())
        .to.contain('# echo [redacted]')
        .and.to.contain('root:[redacted]')
    })
  }

  it('is a sentence if it cannot be written', async () => {
    await writeFile(path.join(folder, 'reports'), '')
    const { files, problems } = await writeRun(report(), attachments(), {
      folder: path.join(folder, 'reports'),
    })
    expect(files).to.deep.equal([])
    expect(problems).to.have.lengthOf(5)
    for (const problem of problems)
      expect(problem).to.match(/^the .* could not be written to .*: E(EXIST|NOTDIR)/)
  })

  function folders() {
    return { folder }
  }

  function report() {
    const example = structuredClone(exampleReport('lossy'))
    example.warnings.push(`the login with ${PASSWORD} failed`, `Bearer ${TOKEN.slice(0, 50)}`)
    example.parameters['x'] = Buffer.from(PASSWORD).toString('base64')
    return cleanReport(example)
  }
})

/** The secret, its encodings, and a part of it: none may appear in a bundle. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    ...[secret, `x: ${secret}`, `ab: ${secret}`].map((text) =>
      Buffer.from(text).toString('base64').slice(4, -4),
    ),
    Buffer.from(secret).toString('base64url').slice(0, -1),
    secret.slice(0, 20),
    secret.slice(-20),
  ]
}

async function unpack(bundle: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  const tar = extract()
  createReadStream(bundle).pipe(createGunzip()).pipe(tar)
  for await (const entry of tar) entries.set(entry.header.name, await text(entry))
  return entries
}
