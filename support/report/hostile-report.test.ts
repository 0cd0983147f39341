import { oneLine, plainText, shorten } from '../common/text.ts'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { parse, stringify } from 'yaml'
import { Secrets } from '../common/secrets.ts'
import { CASES, hostileText } from '../common/testing/hostile-text.ts'
import { configMapStatus } from './configmap.ts'
import { hostileReport } from './hostile-report.fixture.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMochawesome } from './mochawesome.ts'
import type { Report } from '../model/report.ts'
import { PlainProgress } from './progress-plain.ts'
import { cleanReport } from './publish.ts'
import { renderSummary } from './summary.ts'

/** Characters that a terminal would execute, or that an XML parser would reject. */
const UNSAFE = /[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/u

/** Builds the failure message only for an unsafe text, because the texts are megabytes in total. */
function expectSafe(text: string): void {
  if (UNSAFE.test(text)) expect.fail(`is not safe: ${JSON.stringify(text)}`)
}

/** The elements of an XML document, in one line. @throws if it is not well-formed */
function elementsOf(xml: string): string {
  const elements: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name }) => elements.push(name))
  parser.write(xml).close()
  return elements.join(' ')
}

describe('hostile texts in reports', () => {
  it('are plain text: nothing that a terminal acts on or XML forbids', () => {
    fc.assert(
      fc.property(hostileText, fc.nat(60), (text, limit) => {
        for (const clean of [plainText(text), oneLine(text), shorten(plainText(text), limit)])
          expectSafe(clean)
        expect(oneLine(text)).not.to.include('\n')
      }),
      CASES,
    )
  })

  it('change nothing of a JUnit file but its texts', () => {
    const expected = elementsOf(renderJunit(hostileReport('harmless')))
    fc.assert(
      fc.property(hostileText, (text) => {
        const xml = renderJunit(hostileReport(`harmless${text}`))
        expect(elementsOf(xml)).to.equal(expected)
        expectSafe(xml)
      }),
      CASES,
    )
  })

  it('reach no terminal as a command, in the summary or in progress', () => {
    const written: string[] = []
    const progress = new PlainProgress({
      env: { DPDK_CHECKUP_VERBOSE: '1' },
      stream: { write: (line) => written.push(line) > 0 },
      secrets: new Secrets(),
    })
    fc.assert(
      fc.property(hostileText, (text) => {
        const report = hostileReport(text)
        expectSafe(renderSummary(cleanReport(report), { colors: false, files: [] }))
        written.length = 0
        progress.line(text)
        const criterion = report.criteria[0]
        if (criterion !== undefined) progress.criterion(criterion)
        progress.waiting({ claim: text, lastSeen: text, elapsed: 1, limit: 2 })
        for (const line of written) {
          expectSafe(line)
          expect(line.indexOf('\n')).to.equal(line.length - 1)
        }
      }),
      CASES,
    )
    progress.close()
  })

  it('are values of the ConfigMap and nothing else of its YAML', () => {
    const keys = Object.keys(configMapStatus(hostileReport('harmless')))
    fc.assert(
      fc.property(hostileText, (text) => {
        const status = configMapStatus(hostileReport(text))
        expect(Object.keys(status)).to.deep.equal(keys)
        expect(status['status.succeeded']).to.equal('false')
        expect(parse(stringify({ data: status }))).to.deep.equal({ data: status })
        for (const value of Object.values(status)) expectSafe(value)
      }),
      CASES,
    )
  })

  it('are texts of report.json, of bounded length', () => {
    const report = cleanReport(hostileReport('x'.repeat(2 ** 22)))
    expect(renderJson(report).length).to.be.below(5_000_000)
    fc.assert(
      fc.property(hostileText, (text) => {
        const json = renderJson(cleanReport(hostileReport(text)))
        expectSafe(json)
        expect((JSON.parse(json) as Report).verdict).to.equal('failed')
      }),
      CASES,
    )
  })

  it('put no element into the HTML file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    try {
      const tagsOf = async (text: string) => {
        const file = join(folder, 'report.html')
        await renderMochawesome(cleanReport(hostileReport(text)), file)
        const html = await readFile(file, 'utf8')
        // The report's JSON is in one attribute; text that escapes from it would add tags.
        return html.replace(/data-raw="[^"]*"/, '').match(/<[/a-z!][^>]{0,20}/gi)
      }
      const expected = await tagsOf('harmless')
      expect(expected).to.have.lengthOf.above(5)
      // Rendering one page takes as long as a thousand cases above, so each page contains many texts.
      const many = fc.array(hostileText, { minLength: 200, maxLength: 200 }).map((texts) => texts.join(' '))
      for (const text of fc.sample(many, 20)) expect(await tagsOf(text)).to.deep.equal(expected)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
