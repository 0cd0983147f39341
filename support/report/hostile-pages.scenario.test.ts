/** Hostile texts from guests and cluster in the reports that people open: summary page, mochawesome page, bundle. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { CASES, hostileText } from '../common/testing/hostile-text.ts'
import { writeBundle } from './bundle.ts'
import { exampleReport } from './example.fixture.ts'
import { hostileReport } from './hostile-report.fixture.ts'
import { renderSummaryPage } from './html/summary-page.ts'
import { renderMochawesome } from './mochawesome.ts'
import { cleanReport } from './publish.ts'

/** Characters that no page may contain: control codes, and code points that are not characters. */
const UNSAFE = /[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/u

/** Tags of a page with their attributes' names, without texts and attribute values. */
function markupOf(page: string): string[] {
  const tags = page.match(/<[/!a-z][^<>]*>/gi) ?? []
  return tags.map((tag) => tag.replace(/"[^"]*"/g, '""'))
}

describe('hostile texts in the pages and the bundle', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hostile-pages-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('change nothing of the summary page but its texts', () => {
    const expected = markupOf(renderSummaryPage(cleanReport(hostileReport('harmless'))))
    expect(expected).to.have.lengthOf.above(50)
    // A page takes 10 ms to render, so each contains many texts to cover as many as the other tests.
    const many = fc.array(hostileText, { minLength: 100, maxLength: 100 }).map((texts) => texts.join(' '))
    for (const text of fc.sample(many, CASES.numRuns / 100)) {
      const page = renderSummaryPage(cleanReport(hostileReport(`harmless${text.replaceAll('`', '')}`)))
      expect(markupOf(page)).to.deep.equal(expected)
      expect(UNSAFE.test(page)).to.equal(false)
    }
  })

  it('add nothing to the summary page but the codes that backticks mark in remedies', () => {
    const known = new Set([
      ...markupOf(renderSummaryPage(cleanReport(hostileReport('harmless')))),
      '<code>',
      '<code class="">',
      '</code>',
    ])
    const many = fc.array(hostileText, { minLength: 100, maxLength: 100 }).map((texts) => texts.join(' ` '))
    for (const text of fc.sample(many, CASES.numRuns / 100)) {
      const page = renderSummaryPage(cleanReport(hostileReport(`harmless${text}`)))
      expect(markupOf(page).filter((tag) => !known.has(tag))).to.deep.equal([])
      expect(UNSAFE.test(page)).to.equal(false)
    }
  })

  it('change nothing of mochawesome’s page but the report in it', async () => {
    const render = async (text: string) => {
      const file = path.join(folder, 'page.html')
      await renderMochawesome(cleanReport(hostileReport(text)), file)
      const page = await readFile(file, 'utf8')
      const [, raw = ''] = /data-raw="([^"]*)"/.exec(page) ?? []
      return { markup: markupOf(page.replace(raw, '')), raw }
    }
    const expected = await render('harmless')
    const many = fc.array(hostileText, { minLength: 100, maxLength: 100 }).map((texts) => texts.join(' '))
    for (const text of fc.sample(many, 15)) {
      const { markup, raw } = await render(`harmless${text}`)
      expect(markup).to.deep.equal(expected.markup)
      // The JSON that the page's script reads is complete.
      const json = raw.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
      expect(
        JSON.parse(json.replaceAll('&#x27;', "'").replaceAll('&#39;', "'").replaceAll('&amp;', '&')),
      ).to.be.an('object')
    }
  })

  it('name files of the bundle that all lie below its one folder', async () => {
    const bundle = path.join(folder, 'bundle.tar.gz')
    const name = fc.oneof(
      hostileText,
      fc
        .array(
          fc.constantFrom(
            '..',
            '.',
            '',
            'a',
            '~',
            '\\',
            'C:',
            '\0',
            '/etc/passwd',
            'manifest.sha256',
            'x'.repeat(300),
          ),
          {
            maxLength: 6,
          },
        )
        .map((parts) => parts.join('/')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 50, maxLength: 50 }), async (names) => {
        const attached = names.map((each) => ({ name: each, text: each }))
        await writeBundle(exampleReport('passed'), [], attached, bundle)
        const found: string[] = []
        const entries = createReadStream(bundle).pipe(createGunzip()).pipe(extract())
        for await (const entry of entries) {
          found.push(entry.header.name)
          expect(entry.header.type).to.equal('file')
          entry.resume()
        }
        // And environment, manifest and statement.
        expect(found).to.have.lengthOf(names.length + 3)
        for (const each of found) {
          expect(each).to.match(/^dpdk-checkup-\d{8}T\d{6}Z\/[A-Za-z0-9._\-/]+$/)
          expect(path.posix.normalize(each)).to.equal(each)
        }
        expect(new Set(found).size, 'no file hides another').to.equal(found.length)
        const folders = new Set(found.map((each) => path.posix.dirname(each)))
        for (const each of found) {
          expect(folders.has(each), `a folder has the name of ${each}`).to.equal(false)
          for (const part of each.split('/')) expect(part.length).to.be.below(255)
        }
      }),
      { numRuns: 200 },
    )
    expect(await readdir(folder)).to.deep.equal(['bundle.tar.gz'])
  })
})
