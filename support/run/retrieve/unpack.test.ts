import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { type Header, pack } from 'tar-stream'
import { exampleReport } from '../../report/example.fixture.ts'
import { packBundle } from '../../report/bundle.ts'
import { unpack } from './unpack.ts'

type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer }

const base64 = (content: Buffer) => content.toString('base64')

async function bundle(...entries: readonly Entry[]): Promise<Record<string, string>> {
  const archive = pack()
  for (const { content = 'x', ...header } of entries) archive.entry(header, content)
  archive.finalize()
  return { 'bundle.tar.gz': base64(gzipSync(await buffer(archive))) }
}

async function refusal(files: Record<string, string>): Promise<string> {
  return unpack(files, 'ConfigMap ns/x').then(
    (unpacked) => `it was unpacked: ${[...unpacked.keys()].join(', ')}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

describe('unpacking reports', () => {
  const REPORTS = [{ name: 'report.json', content: Buffer.from('{}') }]
  const CONSOLES = [{ name: 'consoles/vm-under-test.log', text: 'login:' }]

  it('gives every file of a bundle of ours, and those beside it that it has not', async () => {
    const packed = await packBundle(exampleReport('passed'), REPORTS, CONSOLES)
    const files = await unpack(
      {
        'bundle.tar.gz': base64(packed),
        'report.json.gz': base64(gzipSync('a copy of what is in the bundle')),
        'junit_dpdk-checkup.xml.gz': base64(gzipSync('<testsuites/>')),
      },
      'ConfigMap ns/x',
    )
    expect(
      [...files].map(([name, content]) => [name, name.endsWith('.gz') ? '' : content.toString()]),
    ).to.deep.include.members([
      ['report.json', '{}'],
      ['consoles/vm-under-test.log', 'login:'],
      ['junit_dpdk-checkup.xml', '<testsuites/>'],
      ['bundle.tar.gz', ''],
    ])
    expect(files.get('bundle.tar.gz')).to.deep.equal(packed)
  })

  it('takes reports without a bundle, which may have had no room', async () => {
    const files = await unpack({ 'report.json.gz': base64(gzipSync('{}')) }, 'ConfigMap ns/x')
    expect([...files.keys()]).to.deep.equal(['report.json'])
    expect((await unpack({}, 'ConfigMap ns/x')).size).to.equal(0)
  })

  for (const name of [
    'run/../../etc/passwd',
    'run/..',
    '../x',
    '/etc/passwd',
    'run//etc/passwd',
    'run/a\\..\\b',
    'run/C:evil',
    'run/con.',
    'run/a\nb',
    'run/',
    'run',
    'run/a/b/c/d/e',
    `run/${'a'.repeat(200)}`,
  ])
    it(`refuses a file called ${JSON.stringify(name.slice(0, 40))}`, async () => {
      expect(await refusal(await bundle({ name, type: 'file' }))).to.match(/in it is not a name of a report$/)
    })

  it('refuses such names beside the bundle too', async () => {
    expect(await refusal({ '..': base64(gzipSync('x')) })).to.match(/is not a name|incorrect header/)
    expect(await refusal({ 'a:b': base64(Buffer.from('x')) })).to.match(/is not a name of a report$/)
  })

  for (const type of ['symlink', 'link', 'fifo', 'block-device'] as const)
    it(`refuses a ${type}`, async () => {
      const entry = { name: 'run/report.json', type, linkname: '/etc/passwd', content: '' }
      expect(await refusal(await bundle(entry))).to.equal(
        `ConfigMap ns/x cannot be unpacked: "run/report.json" in it is not a file but a ${type}`,
      )
    })

  it('refuses two files of one name', async () => {
    const twice = await bundle({ name: 'run/report.json' }, { name: 'other/report.json' })
    expect(await refusal(twice)).to.match(/"other\/report.json" is in it twice$/)
  })

  it('refuses more than any run has: of bytes, in a bundle and beside it, and of files', async () => {
    const zeros = Buffer.alloc(80 * 2 ** 20)
    const large = await bundle(...[1, 2, 3, 4].map((number) => ({ name: `run/${number}`, content: zeros })))
    expect(await refusal(large)).to.match(/holds more than 256 MiB|larger than/)
    const single = base64(gzipSync(zeros))
    expect(await refusal({ 'a.gz': single, 'b.gz': single, 'c.gz': single, 'd.gz': single })).to.match(
      /holds more than 256 MiB|larger than/,
    )
    const many = await bundle(...Array.from({ length: 1001 }, (_, number) => ({ name: `run/${number}` })))
    expect(await refusal(many)).to.match(/more than 1000 files$/)
  })

  it('refuses what is not what its digest says, or is missing', async () => {
    const digest = createHash('sha256').update('login:').digest('hex')
    const sums = { name: 'run/manifest.sha256', content: `${digest}  run.log\n` }
    expect(await refusal(await bundle({ name: 'run/run.log', content: 'changed' }, sums))).to.match(
      /"run.log" does not match its digest$/,
    )
    expect(await refusal(await bundle(sums))).to.match(/"run.log" is missing$/)
  })

  it('refuses what is not an archive, or is cut short', async () => {
    expect(await refusal({ 'bundle.tar.gz': base64(Buffer.from('nothing')) })).to.match(
      /^ConfigMap ns\/x cannot be unpacked: /,
    )
    const packed = await packBundle(exampleReport('passed'), REPORTS, CONSOLES)
    expect(await refusal({ 'bundle.tar.gz': base64(packed.subarray(0, -20)) })).to.match(
      /^ConfigMap ns\/x cannot be unpacked: /,
    )
    expect(await refusal({ 'report.json.gz': base64(Buffer.from('{}')) })).to.match(
      /^ConfigMap ns\/x cannot be unpacked: /,
    )
  })
})
