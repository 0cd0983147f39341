/** Debian's Chromium, driven by tests. */
import { accessSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { expect } from 'chai'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'

/** An open page, with its console output and its requests: a self-contained page should have neither. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** Console output, including errors. */
  readonly said: readonly string[]
  /** Requested addresses other than its own. */
  readonly requests: readonly string[]
}

/** @throws if Chromium is not installed */
export async function startBrowser(): Promise<Browser> {
  try {
    accessSync(EXECUTABLE)
  } catch (cause) {
    throw new Error('these tests need Chromium. As root: apt-get install --no-install-recommends chromium', {
      cause,
    })
  }
  // Chromium's sandbox does not work for root; the pages opened here are our own.
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
}

export async function openPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  // If the page cannot be opened, everything opened before it is closed.
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'summary-page-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'dpdk-checkup-summary.html')
  await writeFile(file, html)
  const context = await browser.newContext(options)
  opening.defer(() => context.close())
  const page = await context.newPage()
  const said: string[] = []
  const requests: string[] = []
  const address = pathToFileURL(file).href
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(error.message))
  page.on('dialog', (dialog) => {
    said.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url())
  })
  await page.goto(address)
  const opened = opening.move()
  return { page, said, requests, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** How far a page scrolls sideways. As text, because code in the page has other globals than code in this process. */
export const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** Serious and critical accessibility violations found by axe. */
export async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<axe.AxeResults>(`${axe.source}; axe.run(document)`)
  expect(found.passes.map(({ id }) => id)).to.include.members(['color-contrast', 'html-has-lang'])
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`)
}
