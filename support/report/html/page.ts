/**
 * The frame of every page: a single file without scripts or external resources, for phones, paper, and light and dark
 * screens.
 */
import { readFileSync } from 'node:fs'
import { shorten } from '../../common/text.ts'
import { DARK, declarations, LIGHT } from '../pictures/palette.ts'
import { html, Html } from '../escape.ts'

/** Rules of every page; they come before the page's own. */
export const BASE_STYLES = readFileSync(new URL('base.css', import.meta.url), 'utf8')
const STYLES = readFileSync(new URL('summary.css', import.meta.url), 'utf8')

/** Forbids scripts and requests, in case a text from a report escapes into the markup. */
export const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

/** Longest title, in characters. */
const TITLE_LIMIT = 200

export interface PageParts {
  readonly title: string
  /** Rules of this page only. */
  readonly css?: string
  readonly main: Html
}

export function renderPage({ title, css = '', main }: PageParts): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${shorten(title, TITLE_LIMIT)}</title>
        <link rel="icon" href="data:," />
        <style>
          :root { ${new Html(declarations(LIGHT))} }
          @media screen and (prefers-color-scheme: dark) { :root { ${new Html(declarations(DARK))} } }
          ${new Html(BASE_STYLES)} ${new Html(STYLES)} ${new Html(css)}
        </style>
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html> `
  return page.markup
}
