/**
 * The catalogue of criteria: its released versions and the current one, as files that `npm run docs` writes from the
 * criteria's own records.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { canonicalDigest } from '../common/canonical-json.ts'
import { type Catalogue, type CatalogueReference, catalogueSchema } from '../model/certification.ts'

/** Of the current catalogue. A new MUST raises the first number; another new criterion the second. */
export const CATALOGUE_VERSION = '1.0.0'

export const CATALOGUE_FOLDER = new URL('../../fixtures/catalogue/', import.meta.url)

/** @throws Error if the file is missing or invalid, which a package cannot be */
function read(version: string): Catalogue {
  const text = readFileSync(new URL(`${version}.json`, CATALOGUE_FOLDER), 'utf8')
  return catalogueSchema.parse(JSON.parse(text))
}

let current: { readonly catalogue: Catalogue; readonly reference: CatalogueReference } | undefined

function known(): NonNullable<typeof current> {
  if (current === undefined) {
    const catalogue = read(CATALOGUE_VERSION)
    current = { catalogue, reference: referenceTo(catalogue) }
  }
  return current
}

export function currentCatalogue(): Catalogue {
  return known().catalogue
}

export function currentReference(): CatalogueReference {
  return known().reference
}

export function referenceTo(catalogue: Catalogue): CatalogueReference {
  return { version: catalogue.version, digest: canonicalDigest(catalogue) }
}

/** The catalogue by which a report was judged; undefined if this suite does not have it, or another one of its name. */
export function findCatalogue({ version, digest }: CatalogueReference): Catalogue | undefined {
  if (!catalogueVersions().includes(version)) return undefined
  const catalogue = read(version)
  return referenceTo(catalogue).digest === digest ? catalogue : undefined
}

/** All versions that there are files of, the oldest first. */
export function catalogueVersions(): string[] {
  const versions = readdirSync(CATALOGUE_FOLDER).flatMap(
    (file) => /^(\d+\.\d+\.\d+)\.json$/.exec(file)?.[1] ?? [],
  )
  return versions.toSorted(compareVersions)
}

export function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number)) as [number[], number[]]
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
