/** `--only=ID,…`: the criteria that are judged, by their ids; DPDK_CHECKUP_ONLY for those who start mocha by other programs. */
import type Mocha from 'mocha'
import { escapeRegExp } from '../common/text.ts'
import { mostSimilar } from '../common/similar.ts'
import type { Environment } from './places.ts'
import { criterionOf } from './publish.ts'

const ONLY_VARIABLE = 'DPDK_CHECKUP_ONLY'

/** What mocha hands to a reporter of options that it does not know itself. */
export interface OnlyOption {
  readonly only?: boolean | string | readonly string[] | undefined
}

export type Only =
  | { readonly kind: 'all' }
  /** A pattern of full titles, as mocha's `--grep` takes it. */
  | { readonly kind: 'some'; readonly grep: RegExp }
  /** A sentence about what cannot be selected. */
  | { readonly kind: 'refused'; readonly why: string }

/** @param suite with all tests that there are, before the run begins */
export function selectOnly(
  suite: Pick<Mocha.Suite, 'eachTest'>,
  { only, grep }: OnlyOption & { readonly grep?: unknown },
  env: Environment,
): Only {
  const given = only ?? env[ONLY_VARIABLE]
  if (given === undefined || given === '') return { kind: 'all' }
  // Mocha does not know the option, and takes what stands behind a blank for a spec file.
  if (typeof given === 'boolean')
    return { kind: 'refused', why: 'write the ids behind an equals sign: --only=ID,…' }
  if (grep !== undefined) return { kind: 'refused', why: '--grep selects as well: leave one of them out' }
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
  const hint = similar === undefined ? 'docs/criteria.md has all' : `did you mean ${similar}?`
  return `there is no criterion ${id === '' ? '""' : id} among those of this run; ${hint}`
}
