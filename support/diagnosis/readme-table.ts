/**
 * The README's table of causes, out of the catalogue. Run as a program it writes the table into the README:
 * `node support/diagnosis/readme-table.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { CATALOGUE } from './catalogue.ts'

export const README = new URL('../../README.md', import.meta.url)
const [START, END] = ['<!-- causes:start -->', '<!-- causes:end -->']

export function causesTable(): string {
  const rows = CATALOGUE.map(({ id, title, looksAt, provedBy, remedy }) =>
    [`\`${id}\``, title, `${looksAt}: ${provedBy}`, remedy].map(cell).join(' | '),
  )
  return [
    '<!-- prettier-ignore-start -->',
    '',
    '| cause | what is wrong | where it shows | what helps |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    '<!-- prettier-ignore-end -->',
  ].join('\n')
}

/** The text with the table between its marks. @throws TypeError where they are missing */
export function withCausesTable(text: string): string {
  const [start, end] = [text.indexOf(START), text.indexOf(END)]
  if (start === -1 || end < start) throw new TypeError(`the README has no ${START} … ${END}`)
  return `${text.slice(0, start + START.length)}\n\n${causesTable()}\n\n${text.slice(end)}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
}

if (import.meta.main) writeFileSync(README, withCausesTable(readFileSync(README, 'utf8')))
