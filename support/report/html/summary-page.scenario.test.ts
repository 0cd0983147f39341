import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { exampleReport } from '../example.fixture.ts'
import { renderJson } from '../json.ts'
import { renderMochawesome } from '../mochawesome.ts'
import { type Report, reportSchema } from '../../model/report.ts'
import { openPage, OVERFLOW, startBrowser, violations } from './browser.fixture.ts'
import {
  hostile,
  HOSTILE,
  hostilePairs,
  lossWithCauses,
  pairsOfNodes,
  pass,
  twoHours,
} from './examples.fixture.ts'
import { environmentOf } from '../environment.ts'
import { SIMULATED_NOTICE } from '../verdict-text.ts'
import { renderSummaryPage } from './summary-page.ts'

const REPORTS: Readonly<Record<string, () => Report>> = {
  'a pass': pass,
  'a loss with its causes': lossWithCauses,
  'a simulated loss': () => ({ ...lossWithCauses(), simulated: true }),
  'a guest that never came': () => exampleReport('error'),
  'a run of two hours': twoHours,
  'hostile texts': hostile,
  'pairs of nodes': pairsOfNodes,
  'next to nothing': () => ({
    ...exampleReport('error'),
    guests: [],
    phases: [],
    criteria: [],
    parameters: {},
  }),
}
const WINDOWS: Readonly<Record<string, BrowserContextOptions>> = {
  'a desktop': { viewport: { width: 1280, height: 900 } },
  'a desktop in the dark': { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  'a phone': { viewport: { width: 390, height: 844 } },
  'a phone in the dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
}

describe('the summary page in Chromium', () => {
  let browser: Browser

  before(async () => {
    browser = await startBrowser()
  })
  after(async () => {
    await browser.close()
  })

  for (const [what, example] of Object.entries(REPORTS)) {
    for (const [window, options] of Object.entries(WINDOWS)) {
      it(`shows ${what} on ${window}: no request, no error, no sideways scrolling, accessible`, async () => {
        const report = example()
        expect(reportSchema.safeParse(report).error).to.equal(undefined)
        await using opened = await openPage(browser, renderSummaryPage(report), options)
        const { page, said, requests } = opened
        expect(await page.title()).to.match(/^DPDK checkup (passed|failed|error)( \(simulated cluster\))?: /)
        expect(await page.evaluate(OVERFLOW)).to.equal(0)
        expect(await violations(page)).to.deep.equal([])
        expect(requests).to.deep.equal([])
        expect(said).to.deep.equal([])
      })
    }
  }

  it('shows the numbers of report.json, each where it belongs', async () => {
    for (const example of [pass, lossWithCauses, twoHours]) {
      const report = JSON.parse(renderJson(example())) as Report
      const ledger = report.traffic?.ledger
      if (ledger === undefined) throw new Error('the example has traffic')
      for (const options of Object.values(WINDOWS)) {
        await using opened = await openPage(browser, renderSummaryPage(report), options)
        const shown = await shownNumbers(opened.page)
        for (const [name, value] of Object.entries(ledger.eastToWest)) {
          expect(shown[`eastToWest.${name}`], name).to.deep.equal([
            ...new Set([value.toLocaleString('en-US')]),
          ])
        }
        const { generatorTx, generatorRx } = ledger.eastToWest
        expect(shown['lost']).to.deep.equal([(generatorTx - generatorRx).toLocaleString('en-US')])
        for (const name of [
          'generatorOutputErrors',
          'generatorInputErrors',
          'vmRxErrors',
          'vmRxNoMbuf',
        ] as const) {
          expect(shown[name], name).to.deep.equal([String(ledger[name])])
        }
      }
    }
  })

  it('shows what came from the west, where nothing is sent', async () => {
    const report = pass()
    if (report.traffic === undefined) throw new Error('the example has traffic')
    report.traffic.ledger.westToEast.vmRx = 1234
    await using opened = await openPage(browser, renderSummaryPage(report))
    expect((await shownNumbers(opened.page))['westToEast.vmRx']).to.deep.equal(['1,234'])
  })

  it('marks the hop and the second of the first loss, once', async () => {
    await using opened = await openPage(browser, renderSummaryPage(lossWithCauses()))
    const text = await opened.page.locator('main').innerText()
    expect(text.match(/first loss\n|first loss$/gm)).to.have.lengthOf(1)
    expect(text).to.contain('First loss: 1,042 packets, TX drops at the VM.')
    expect(text).to.contain('first loss: second 7').and.to.contain('The first loss was in second 7')
    await using passed = await openPage(browser, renderSummaryPage(pass()))
    expect(await passed.page.locator('main').innerText()).not.to.match(/first loss/i)
  })

  it('names every criterion with its outcome, evidence and cause', async () => {
    const report = lossWithCauses()
    await using opened = await openPage(browser, renderSummaryPage(report))
    const { page } = opened
    for (const { id, title, outcome, message, evidence } of report.criteria) {
      const item = page.locator(`[id="criterion-${id}"]`)
      const text = (await item.textContent()) ?? ''
      expect(text).to.contain(title).and.to.contain(outcome).and.to.contain(message).and.to.contain(id)
      for (const { what, value } of evidence) expect(text).to.contain(what).and.to.contain(value)
    }
    const cause = page.locator('[id="criterion-traffic.no-return-loss"] a')
    await cause.click()
    expect(page.url()).to.match(/#cause-vm-tx-ring-full$/)
    const first = await page.locator('.causes > li').first().innerText()
    expect(first).to.contain('Most probable: The west port took').and.to.contain('Remedy: Give the port')
  })

  it('says what ran where', async () => {
    const report = lossWithCauses()
    await using opened = await openPage(browser, renderSummaryPage(report))
    const text = await opened.page.locator('main').innerText()
    for (const { nodeName = '', vmiName, image, imageDigest = '', kernel = '', nics } of report.guests) {
      const facts = [nodeName, vmiName, image, imageDigest, kernel]
      for (const fact of [...facts, ...nics.flatMap(({ mac, pciAddress }) => [mac, pciAddress])]) {
        expect(text).to.contain(fact)
      }
    }
    for (const [name, value] of Object.entries(report.parameters))
      expect(text).to.contain(name).and.to.contain(value)
    for (const { name } of report.phases) expect(text).to.contain(name)
  })

  it('shows hostile texts as texts', async () => {
    await using opened = await openPage(browser, renderSummaryPage(hostile()))
    const { page } = opened
    expect(await page.locator('script, main img, iframe, object, main style').count()).to.equal(0)
    const shown = HOSTILE.replace('\u202e', '')
    expect(await page.locator('.claim').first().textContent()).to.equal(
      `${shown}the network provides SR-IOV VFs`,
    )
    expect(await page.locator('[id="parameters"]').isVisible()).to.equal(true)
  })

  it('leads from each cell of the matrix to its ledger', async () => {
    await using opened = await openPage(browser, renderSummaryPage(pairsOfNodes()))
    const { page } = opened
    expect(await page.locator('.matrix td a').count()).to.equal(30)
    await page.locator('.matrix td.bad a').first().click()
    const ledger = page.locator('.ledgers li:target')
    await ledger.waitFor({ state: 'visible' })
    expect(await ledger.innerText()).to.match(/^to node-\d\d, bad: .* lost on the way to the VM/)
    const stops = await page.locator('.matrix td a:not([tabindex])').count()
    expect(stops).to.equal(await page.locator('.matrix td:not(.good) a').count())
  })

  it('scrolls a large matrix inside of its box, and shows it as a picture on paper', async () => {
    await using opened = await openPage(browser, renderSummaryPage(hostilePairs()), WINDOWS['a phone'])
    const { page } = opened
    expect(await page.locator('script, main img, iframe, object, main style').count()).to.equal(0)
    expect(await page.evaluate(OVERFLOW)).to.equal(0)
    const scrolls = `(() => {
      const { scrollWidth, clientWidth } = document.querySelector('.matrix-box')
      return scrollWidth > clientWidth
    })()`
    expect(await page.evaluate(scrolls)).to.equal(true)
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.matrix').isVisible()).to.equal(false)
    expect(await page.locator('.overview svg').isVisible()).to.equal(true)
  })

  it('opens everything on paper, in dark ink on white', async () => {
    await using opened = await openPage(browser, renderSummaryPage(lossWithCauses()), { colorScheme: 'dark' })
    const { page } = opened
    const collected = page.locator('.paper').getByText('Current active profile')
    const passed = page.locator('[id="criterion-preflight.network"]')
    expect(await collected.isVisible()).to.equal(false)
    expect(await passed.isVisible()).to.equal(false)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await collected.isVisible()).to.equal(true)
    expect(await passed.isVisible()).to.equal(true)
    expect(await page.locator('.sign').isVisible()).to.equal(true)
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(background).to.equal('rgb(255, 255, 255)')
  })

  it('says of a simulated run that it is one, on the screen and on every page of the paper', async () => {
    await using real = await openPage(browser, renderSummaryPage(lossWithCauses()))
    expect(await real.page.locator('main').innerText()).not.to.match(/simulated/i)
    await using opened = await openPage(browser, renderSummaryPage({ ...lossWithCauses(), simulated: true }))
    const { page } = opened
    expect(await page.title()).to.include('(simulated cluster)')
    const banner = page.getByText(SIMULATED_NOTICE)
    expect(await banner.isVisible()).to.equal(true)
    const head = await page.locator('header').innerText()
    expect(head.indexOf(SIMULATED_NOTICE)).to.equal(0)
    expect(head).to.include('the simulated cluster is not ready for DPDK workloads')
    const watermark = `(() => {
      const { content, position } = getComputedStyle(document.querySelector('.simulated'), '::before')
      return content + ' ' + position
    })()`
    expect(await page.evaluate(watermark)).to.include('none')
    await page.emulateMedia({ media: 'print' })
    expect(await banner.isVisible()).to.equal(true)
    // Chromium repeats fixed elements on each printed page.
    expect(await page.evaluate(watermark)).to.equal('"SIMULATED" fixed')
  })

  it('says which report.json it shows', () => {
    const report = lossWithCauses()
    const digest = createHash('sha256').update(renderJson(report)).digest('hex')
    expect(renderSummaryPage(report)).to.contain(digest)
  })

  it('has its pictures in mochawesome’s page too, which asks for nothing either', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mochawesome-page-'))
    try {
      await renderMochawesome(lossWithCauses(), path.join(folder, 'mochawesome.html'))
      await using opened = await openPage(
        browser,
        await readFile(path.join(folder, 'mochawesome.html'), 'utf8'),
      )
      const { page } = opened
      await page.getByText('the VM under test drops no packets on send').first().click()
      await page.locator('img[alt="Path of the packets"]').waitFor()
      const width = `(async () => {
        const image = document.querySelector('img[alt="Path of the packets"]')
        await image.decode()
        return image.naturalWidth
      })()`
      expect(await page.evaluate(width)).to.equal(920)
      expect(opened.requests.filter((request) => !request.startsWith('data:'))).to.deep.equal([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('would tell of what axe does not like, and of a request', async () => {
    const page = renderSummaryPage(pass())
      .replace('<h1>', '<h1 style="color: #ccc">')
      .replace(/<meta http-equiv[^>]*>/, '')
      .replace('</main>', '<img alt="" src="https://example.invalid/x.png"></main>')
    await using opened = await openPage(browser, page)
    expect((await violations(opened.page)).join()).to.contain('color-contrast')
    expect(opened.requests).to.deep.equal(['https://example.invalid/x.png'])
  })

  it('says which cluster, suite and environment it is of', async () => {
    const report = lossWithCauses()
    const commit = '36360b3a1c4f5d2e8b9a7c6d5e4f3a2b1c0d9e8f'
    const nics = [{ pciAddress: '0000:3b:00.0', name: 'ens1f0', device: '8086:158b', driver: 'i40e' }]
    const nodes = [{ name: 'worker-1', kernel: '5.14.0-570.el9', os: 'RHCOS 9.6', kubelet: 'v1.32.1', nics }]
    const cluster = { ...report.cluster, name: 'prod-1', uid: 'c0ffee', apiHost: 'api.prod-1:6443' }
    const known = { ...report, suite: { ...report.suite, commit }, cluster, nodes }
    await using opened = await openPage(browser, renderSummaryPage(known))
    const text = await opened.page.locator('[aria-labelledby="identity"]').innerText()
    const { digest } = environmentOf(known)
    for (const fact of [
      'prod-1',
      'c0ffee',
      'api.prod-1:6443',
      commit,
      'kernel 5.14.0-570.el9',
      '8086:158b',
      digest,
    ])
      expect(text).to.contain(fact)
  })

  it('prints all of it on four pages at most', async () => {
    // A capacity search and latencies add printed pages of their own.
    const loss = lossWithCauses()
    delete loss.capacity
    delete loss.latency
    for (const report of [pass(), loss]) {
      await using opened = await openPage(browser, renderSummaryPage(report))
      const pdf = (await opened.page.pdf({ preferCSSPageSize: true })).toString('latin1')
      expect(pdf.match(/\/Type \/Page\b/g)).to.have.lengthOf.within(2, 4)
    }
  })

  it('is the same page each time, and stays small', () => {
    expect(renderSummaryPage(lossWithCauses())).to.equal(renderSummaryPage(lossWithCauses()))
    expect(renderSummaryPage(twoHours()).length).to.be.below(200_000)
    expect(renderSummaryPage(hostile()).length).to.be.below(1_000_000)
  })
})

// An expression as text, because code in the page has other globals than code in this process.
const SHOWN = `[...document.querySelectorAll('[data-of]')]
  .filter((element) => element.checkVisibility())
  .map((element) => [element.dataset.of, element.textContent])`

/** The visible numbers, by the report field that their element names. */
async function shownNumbers(page: Page): Promise<Record<string, string[]>> {
  const all = await page.evaluate<[string, string][]>(SHOWN)
  const byField = Map.groupBy(all, ([of]) => of)
  return Object.fromEntries(
    [...byField].map(([of, each]) => [of, [...new Set(each.map(([, text]) => text))]]),
  )
}
