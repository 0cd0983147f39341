/** The pages of the documentation, and the commands in them. */
import { globSync, readFileSync } from 'node:fs'
import { pathOf } from './root.ts'

export interface Document {
  /** Relative to the root folder. */
  readonly name: string
  readonly text: string
}

const PATTERNS = ['*.md', 'docs/**/*.md', 'images/README.md']

export function documents(): Document[] {
  const names = globSync(PATTERNS, { cwd: pathOf('.') }).sort()
  return names.map((name) => ({ name, text: readFileSync(pathOf(name), 'utf8') }))
}

/** The command lines in a page's shell blocks, without lines that only set variables. */
export function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([^]*?)^ *```/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim().replace(/ +/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('export '))
}

/** Commands of npm and npx inside sentences, with their arguments. */
export function inlineCommandsIn(text: string): string[] {
  const prose = text.replace(/^ *```[^]*?^ *```/gm, '')
  return [...prose.matchAll(/`(np[mx] [^`]+)`/g)].map(([, command = '']) => command.replace(/\s+/g, ' '))
}
