/** `--only=ID,…`: judges only these criteria; DPDK_CHECKUP_ONLY does the same if another program starts mocha. */
import type Mocha from 'mocha'
import { escapeRegExp } from '../common/text.ts'
import { mostSimilar } from '../common/similar.ts'
import type { Environment } from './report-folders.ts'
import { criterionOf } from './publish.ts'

const ONLY_VARIABLE = 'DPDK_CHECKUP_ONLY'

/** mocha passes options that it does not know to the reporter. */
export interface OnlyOption {
  readonly only?: boolean | string | readonly string[] | undefined
}

export type Only =
  | { readonly kind: 'all' }
  /** A pattern of full titles, like mocha's `--grep`. */
  | { readonly kind: 'some'; readonly grep: RegExp }
  /** Why the selection is invalid, as a sentence. */
  | { readonly kind: 'refused'; readonly why: string }

/** @param suite with all tests, before the run starts */
export function selectOnly(
  suite: Pick<Mocha.Suite, 'eachTest'>,
  { only, grep }: OnlyOption & { readonly grep?: unknown },
  env: Environment,
): Only {
  const given = only ?? env[ONLY_VARIABLE]
  if (given === undefined || given === '') return { kind: 'all' }
  // mocha does not know the option: after a blank, it takes the value for a spec file.
  if (typeof given === 'boolean')
    return { kind: 'refused', why: 'write the ids after an equals sign: --only=ID,…' }
  if (grep !== undefined) return { kind: 'refused', why: '--only cannot be combined with --grep' }
  const ids = [given].flat().flatMap((one) => one.split(',').map((id) => id.trim()))
  const titles = new Map<string, string>()
  suite.eachTest((test) => {
    const id = criterionOf(test)?.id
    if (id !== undefined) titles.set(id, test.fullTitle())
  })
  const unknown = ids.filter((id) => !titles.has(id))
  if (unknown.length > 0)
    return { kind: 'refused', why: unknown.map((id) => unknownId(id, [...titles.keys()])).join('; ') }
  const patterns = ids.map((id) => escapeRegExp(titles.get(id) ?? ''))
  return { kind: 'some', grep: new RegExp(`^(?:${patterns.join('|')})$`) }
}

function unknownId(id: string, known: readonly string[]): string {
  const similar = mostSimilar(id, known)
  const hint = similar === undefined ? 'docs/criteria.md lists all' : `did you mean ${similar}?`
  return `there is no criterion ${id === '' ? '""' : id} among those of this run; ${hint}`
}
