import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { createGunzip, gunzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { extract } from 'tar-stream'
import { type Archive, ARCHIVE_LIMIT, packArchive } from './archive.ts'
import { exampleReport } from './example.fixture.ts'
import { renderJson } from './json.ts'
import { archiveAtOnce } from './output.ts'

const KIB = 1024
/** Random text of this many bytes in base64, which gzip compresses only to about three quarters. */
const dense = (bytes: number) => randomBytes(Math.ceil(bytes * 0.75)).toString('base64')
/** Approximate size of `dense(bytes)` after gzip. */
const packedSize = (bytes: number) => Math.round(bytes * 0.76)

const REPORT = exampleReport('lossy')
const reports = (pageBytes = 10 * KIB) => [
  { name: 'report.json', content: Buffer.from(renderJson(REPORT)) },
  { name: 'junit_dpdk-checkup.xml', content: Buffer.from('<testsuites/>') },
  { name: 'dpdk-checkup-summary.html', content: Buffer.from(dense(pageBytes)) },
  { name: 'mochawesome.html', content: Buffer.from(dense(100 * KIB)) },
]
const attached = (console_ = 10 * KIB) => [
  { name: 'run.log', text: dense(10 * KIB) },
  { name: 'consoles/vm-under-test.log', text: dense(console_) },
  { name: 'manifests/vmi.yaml', text: dense(5 * KIB) },
  { name: 'consoles/traffic-generator.log', text: dense(20 * KIB) },
  { name: 'cluster/events-vmi.log', text: dense(10 * KIB) },
]

const bytesOf = ({ files }: Archive) =>
  Object.values(files).reduce((sum, file) => sum + Buffer.from(file, 'base64').length, 0)

async function bundled({ files }: Archive): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  const tar = extract()
  Readable.from([Buffer.from(files['bundle.tar.gz'] ?? '', 'base64')])
    .pipe(createGunzip())
    .pipe(tar)
  for await (const entry of tar) entries.set(entry.header.name.replace(/^[^/]+\//, ''), await text(entry))
  return entries
}

describe('what outlives the pod', () => {
  it('is the bundle with everything, and each report that people and programs look for', async () => {
    const archive = await packArchive(REPORT, reports(), attached())
    expect(Object.keys(archive.files)).to.deep.equal([
      'bundle.tar.gz',
      'report.json.gz',
      'junit_dpdk-checkup.xml.gz',
      'dpdk-checkup-summary.html.gz',
    ])
    expect(archive.leftOut).to.deep.equal([])
    const json = gunzipSync(Buffer.from(archive.files['report.json.gz'] ?? '', 'base64')).toString()
    expect(json).to.equal(renderJson(REPORT))
    expect([...(await bundled(archive)).keys()]).to.have.members([
      ...reports().map(({ name }) => name),
      ...attached().map(({ name }) => name),
      'environment.json',
      'manifest.sha256',
      'statement.json',
    ])
  })

  it('leaves out what has no room, consoles first and the largest of them, and names it', async () => {
    const archive = await packArchive(REPORT, reports(), attached(2000 * KIB))
    expect(archive.leftOut).to.deep.equal(['consoles/vm-under-test.log'])
    const names = await bundled(archive)
    expect([...names.keys()]).to.include('consoles/traffic-generator.log')
    expect(names.get('LEFT-OUT.txt')).to.equal('consoles/vm-under-test.log\n')
    expect(bytesOf(archive)).to.be.below(ARCHIVE_LIMIT)
  })

  it('leaves out in one order, report.json as the last', async () => {
    const order = [
      'consoles/traffic-generator.log',
      'consoles/vm-under-test.log',
      'cluster/events-vmi.log',
      'mochawesome.html',
      'run.log',
      'manifests/vmi.yaml',
      'bundle.tar.gz',
      'dpdk-checkup-summary.html',
      'junit_dpdk-checkup.xml',
      'report.json',
    ]
    const seen = new Set<string>()
    for (let limit = packedSize(240 * KIB); limit > 0; limit -= 2 * KIB) {
      const archive = await packArchive(REPORT, reports(), attached(), limit)
      expect(bytesOf(archive)).to.be.at.most(limit)
      expect(archive.leftOut).to.deep.equal(order.slice(0, archive.leftOut.length))
      for (const name of archive.leftOut) seen.add(name)
    }
    expect([...seen]).to.deep.equal(order)
  })

  it('is made at once of what is at hand, where there is no time for pages', async () => {
    const archive = await archiveAtOnce(REPORT, attached())
    expect(archive.leftOut).to.deep.equal(['dpdk-checkup-summary.html', 'mochawesome.html'])
    expect(Object.keys(archive.files)).to.deep.equal([
      'bundle.tar.gz',
      'report.json.gz',
      'junit_dpdk-checkup.xml.gz',
    ])
    expect((await bundled(archive)).get('report.json')).to.equal(renderJson(REPORT))
  })
})
