import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { openPage, OVERFLOW, startBrowser, violations } from './browser.fixture.ts'
import { certified, waivedReport } from './certificate.fixture.ts'
import { renderCertificate } from './certificate.ts'

describe('the certificate in Chromium', () => {
  let browser: Browser

  before(async () => {
    browser = await startBrowser()
  })
  after(async () => {
    await browser.close()
  })

  for (const [what, report] of [
    ['a pass', certified()],
    ['a pass with waivers', waivedReport()],
    ['a simulated pass', { ...certified(), simulated: true }],
  ] as const) {
    for (const [where, width] of [
      ['a desktop', 1280],
      ['a phone', 390],
    ] as const) {
      it(`shows ${what} on ${where}, accessible and without a request, and prints one sheet`, async () => {
        const viewport = { width, height: 900 }
        await using opened = await openPage(browser, renderCertificate(report), { viewport })
        const { page, said, requests } = opened
        expect(await page.evaluate(OVERFLOW)).to.equal(0)
        expect(await violations(page)).to.deep.equal([])
        const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
        expect(pdf.match(/\/Type \/Page\b/g)).to.have.lengthOf(1)
        expect([said, requests]).to.deep.equal([[], []])
      })
    }
  }
})
