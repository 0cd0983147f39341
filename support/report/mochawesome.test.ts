import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { renderMochawesome } from './mochawesome.ts'
import type { Report } from '../model/report.ts'

interface Page {
  readonly html: string
  readonly stats: { tests: number; passes: number; failures: number; pending: number }
  readonly tests: { title: string; err: { message?: string }; context?: string }[]
}

describe('mochawesome report', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'mochawesome-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('shows every criterion with its message and evidence', async () => {
    const { stats, tests } = await render(exampleReport('lossy'))
    expect(stats).to.include({ tests: 5, passes: 3, failures: 2, pending: 0 })
    expect(tests.map(({ title }) => title)).to.deep.equal(
      exampleReport('lossy').criteria.map(({ title }) => title),
    )
    const dropped = tests.find(({ title }) => title.startsWith('the VM under test drops no packets'))
    expect(dropped?.err.message).to.contain('TX drops at the VM under test: 1,042 packets')
    expect(dropped?.context).to.contain('dropped on transmit: 1042').and.to.contain('first loss')
  })

  it('counts what was not judged as pending, with the reason', async () => {
    const { stats, tests } = await render(exampleReport('error'))
    expect(stats).to.include({ passes: 1, failures: 1, pending: 2 })
    expect(tests.at(-1)?.context).to.contain('the VM under test is not ready')
  })

  it('has the pictures where the traffic failed', async () => {
    const { tests } = await render(exampleReport('lossy'))
    const bearers = tests.filter(({ context = '' }) => context.includes('data:image/svg+xml;base64,'))
    expect(bearers.map(({ title }) => title)).to.deep.equal(['the VM under test drops no packets on send'])
    const [, base64 = ''] = /svg\+xml;base64,([^#"]+)#png/.exec(bearers[0]?.context ?? '') ?? []
    const svg = Buffer.from(base64, 'base64').toString()
    expect(svg).to.contain('>1,042</text>').and.to.contain('>first loss</text>').and.not.to.contain('var(--')
  })

  it('is one file that asks for no other', async () => {
    const { html } = await render(exampleReport('passed'))
    expect(html).to.contain('<title>DPDK checkup</title>')
    expect(html).not.to.match(/<(?:script|img|iframe)[^>]*\ssrc=|<link/)
    expect(html).not.to.match(/url\(["']?(?!data:|["']?data:|#)[a-z./]/i)
  })

  it('shows hostile texts as text', async () => {
    const report = exampleReport('error')
    const text = '</body><script>alert(1)</script><img src="https://example.org/x.png">'
    const criteria = report.criteria.map((criterion) => ({
      ...criterion,
      title: text,
      message: text,
      evidence: [{ what: text, value: `https://example.org/x.png` }],
    }))
    const { html, tests } = await render({ ...report, criteria })
    expect(html).not.to.contain('<script>alert(1)')
    expect(tests[0]?.title).to.equal(text)
    // Inside an object: mochawesome would show a bare text or a list as the picture that it names.
    expect(tests[0]?.context).to.match(/^\[\s*\{\s*"title": "Criterion",\s*"value": \{/)
  })

  it('fails with an error if it cannot be written', async () => {
    let thrown: unknown
    const file = path.join(folder, 'a-file')
    await writeFile(file, '')
    try {
      await renderMochawesome(exampleReport('passed'), path.join(file, 'mochawesome.html'))
    } catch (error) {
      thrown = error
    }
    expect(thrown).to.be.an('error')
  })

  async function render(report: Report): Promise<Page> {
    const file = path.join(folder, 'mochawesome.html')
    await renderMochawesome(report, file)
    const html = await readFile(file, 'utf8')
    const raw = /<body data-raw="([^"]*)"/.exec(html)?.[1] ?? ''
    const entities: Record<string, string> = {
      quot: '"',
      lt: '<',
      gt: '>',
      '#x27': "'",
      '#39': "'",
      amp: '&',
    }
    const json = raw.replace(/&([^;]+);/g, (_, name: string) => entities[name] ?? '')
    const { stats, results } = JSON.parse(json) as {
      stats: Page['stats']
      results: { suites: { tests: Page['tests'] }[] }[]
    }
    return { html, stats, tests: results.flatMap(({ suites }) => suites.flatMap(({ tests }) => tests)) }
  }
})
