/** The README's table of faults, made from the scenarios that prove it. */
import { readFile } from 'node:fs/promises'
import { format } from 'prettier'
import type { Scenario } from './scripted-scenario.fixture.ts'
import { SCENARIOS } from './scripted-scenarios.fixture.ts'

export const README = new URL('../../README.md', import.meta.url)
const PRETTIER = new URL('../../.prettierrc.json', import.meta.url)
const START = '<!-- faults:start -->'
const END = '<!-- faults:end -->'

/** What signals do, in every phase, is tested apart from the scenarios. */
const SIGNALS = '| SIGTERM or SIGINT, in any phase | `error` | 2 | interrupted by SIGTERM |'

/** As prettier formats it, so that both agree on the README. */
export async function faultTable(): Promise<string> {
  const rows = [
    '| what goes wrong | verdict | exit code | what is said of it, in part |',
    '| --- | --- | --- | --- |',
    ...SCENARIOS.map(row),
    SIGNALS,
  ]
  const options = JSON.parse(await readFile(PRETTIER, 'utf8')) as object
  return format(rows.join('\n'), { ...options, parser: 'markdown' })
}

/** @throws Error where the text has no place for it */
export function withFaultTable(readme: string, table: string): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)]
  if (start === -1 || end < start) throw new Error(`the README has no ${START} … ${END}`)
  return `${readme.slice(0, start + START.length)}\n\n${table}\n${readme.slice(end)}`
}

function row({ name, expected: { verdict, exitCode, cause = '' } }: Scenario): string {
  const said = cause === '' ? '' : `${verdict === 'passed' ? 'warning: ' : ''}${cause}`
  return `| ${[escape(name), `\`${verdict}\``, exitCode, escape(said)].join(' | ')} |`
}

function escape(text: string): string {
  return text.replace(/[\\|*_<>`]/g, '\\$&')
}
