/**
 * Pages with a generated part: `npm run docs` writes the text between two marks, and a test compares it. The rest of
 * such a page is written by hand.
 */
import { readFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { capacityBlock } from './capacity-page.ts'
import { causesBlock } from './causes-page.ts'
import { certificationBlock } from './certification-page.ts'
import { cliBlock } from './cli-page.ts'
import { criteriaBlock, rootlessCriteriaBlock } from './criteria-page.ts'
import { faultsBlock } from './faults-page.ts'
import { nodesBlock } from './nodes-page.ts'
import { parametersBlock } from './parameters-page.ts'
import { pathOf } from './root.ts'

const START = '<!-- generated:start -->'
const END = '<!-- generated:end -->'

export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/capacity.md': capacityBlock,
  'docs/causes.md': causesBlock,
  'docs/certification.md': certificationBlock,
  'docs/cli.md': cliBlock,
  'docs/criteria.md': criteriaBlock,
  'docs/dev/faults.md': faultsBlock,
  'docs/nodes.md': nodesBlock,
  'docs/parameters.md': parametersBlock,
  'docs/rootless.md': rootlessCriteriaBlock,
}

/** A page with its generated part replaced, formatted. */
export async function regenerated(page: string): Promise<string> {
  const path = pathOf(page)
  const block = await GENERATED[page]?.()
  if (block === undefined) throw new TypeError(`nothing of ${page} is generated`)
  const text = withBlock(await readFile(path, 'utf8'), block)
  return format(text, { ...(await resolveConfig(path)), parser: 'markdown' })
}

/** @throws TypeError if the text has no marks */
export function withBlock(text: string, block: string): string {
  const [start, end] = [text.indexOf(START), text.indexOf(END)]
  if (start === -1 || end < start) throw new TypeError(`there is no ${START} … ${END}`)
  return `${text.slice(0, start + START.length)}\n\n${block}\n\n${text.slice(end)}`
}
