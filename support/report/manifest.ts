/**
 * `manifest.sha256`: the digests of a bundle's files, for `sha256sum --check`. Its own digest is the bundle's: it does
 * not depend on how the files were packed.
 */
import { sha256 } from '../common/canonical-json.ts'

export const MANIFEST_FILE = 'manifest.sha256'

/** Files by their paths in the bundle, with slashes. */
export type BundleFiles = ReadonlyMap<string, Buffer>

/** A line for each file, sorted by path. @param files without those that refer to the manifest */
export function manifestOf(files: BundleFiles): string {
  return [...files]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, content]) => `${sha256(content)}  ${name}\n`)
    .join('')
}

/**
 * What is wrong with files by their manifest: a sentence each; empty if each file is listed and unchanged, and nothing
 * else is listed.
 * @param beside names of files that the manifest does not list, because they refer to it
 */
export function violationsOf(manifest: string, files: BundleFiles, beside: readonly string[]): string[] {
  const listed = [...manifest.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(
    ([, digest = '', name = '']) => [name, digest] as const,
  )
  const digests = new Map(listed)
  const violations = listed.flatMap(([name, digest]) => {
    const content = files.get(name)
    if (content === undefined) return [`${quoted(name)} is missing`]
    return sha256(content) === digest ? [] : [`${quoted(name)} does not match its digest`]
  })
  const unlisted = [...files.keys()].filter(
    (name) => !digests.has(name) && name !== MANIFEST_FILE && !beside.includes(name),
  )
  violations.push(...unlisted.map((name) => `${quoted(name)} is not listed in ${MANIFEST_FILE}`))
  // Comments, repeated lines or another order would change the bundle's digest, but not its files.
  if (violations.length === 0 && manifest !== manifestOf(without(files, [MANIFEST_FILE, ...beside])))
    return [`${MANIFEST_FILE} is not as the suite writes it`]
  return violations
}

function without(files: BundleFiles, names: readonly string[]): BundleFiles {
  return new Map([...files].filter(([name]) => !names.includes(name)))
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
