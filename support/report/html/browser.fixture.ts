/** Debian's Chromium, as the tests drive it. */
import { accessSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'

/** A page that was opened, and all it did that a page of one file has no reason to do. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** What it wrote to the console, errors of its own included. */
  readonly said: readonly string[]
  /** Addresses it asked for beside its own. */
  readonly requests: readonly string[]
}

/** @throws where Chromium is not installed */
export async function startBrowser(): Promise<Browser> {
  try {
    accessSync(EXECUTABLE)
  } catch (cause) {
    throw new Error('these tests need Chromium. As root: apt-get install --no-install-recommends chromium', {
      cause,
    })
  }
  // Its sandbox does not work for root; what it opens here is made here.
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
}

export async function openPage(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  // Nothing is left behind where the browser does not open it either.
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
