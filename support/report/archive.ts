/** The files of a run that outlive its pod: reports and bundle, small enough for a ConfigMap. */
import { gzipSync } from 'node:zlib'
import type { Attachment } from './attachments.ts'
import type { Report } from '../model/report.ts'
import type { NamedContent } from './bundle.ts'
import { BUNDLE_FILE, HTML_FILE, JSON_FILE, JUNIT_FILE, SUMMARY_FILE } from './report-folders.ts'

/** Size limit of all files together, in bytes. The API server accepts at most 1 MiB in a ConfigMap. */
export const ARCHIVE_LIMIT = 900 * 1024
/** File in the bundle that lists what was left out of it. */
const LEFT_OUT_FILE = 'LEFT-OUT.txt'
/** Estimated size of a tar entry's header and padding after compression, in bytes. */
const ENTRY_BYTES = 100

export interface Archive {
  /** Contents in base64, by file name: the bundle, and each report compressed (`report.json.gz`). */
  readonly files: Readonly<Record<string, string>>
  /** Names of files that did not fit or were not written. */
  readonly leftOut: readonly string[]
}

interface Contents {
  readonly reports: readonly NamedContent[]
  readonly attached: readonly Attachment[]
  /** The reports as separate compressed files. */
  readonly single: readonly NamedContent[]
  readonly hasBundle: boolean
}

interface Part {
  readonly name: string
  /** Estimated size, in bytes. */
  readonly size: number
  readonly remove: (contents: Contents) => Contents
}

/**
 * Packs as many files as fit into the limit. The least important are left out first: consoles, statements of launcher
 * pods and events, mochawesome's page, the run's log, manifests; then the whole bundle, the summary page, JUnit, and
 * `report.json` last. Within a kind, the largest goes first.
 * @param reports the reports that could be written
 */
export async function packArchive(
  report: Report,
  reports: readonly NamedContent[],
  attached: readonly Attachment[],
  limit: number = ARCHIVE_LIMIT,
): Promise<Archive> {
  const single = [JSON_FILE, JUNIT_FILE, SUMMARY_FILE].flatMap((file) =>
    reports
      .filter(({ name }) => name === file)
      .map(({ name, content }) => ({ name: `${name}.gz`, content: gzipSync(content) })),
  )
  const missing = [SUMMARY_FILE, HTML_FILE].filter((file) => !reports.some(({ name }) => name === file))
  let contents: Contents = { reports, attached, single, hasBundle: true }
  const parts = partsOf(contents)
  let estimate = parts.reduce((sum, { size }) => sum + size, 0)
  const leftOut: string[] = []
  for (const part of [undefined, ...parts]) {
    if (part !== undefined) {
      contents = part.remove(contents)
      estimate -= part.size
      leftOut.push(part.name)
    }
    if (estimate > limit) continue
    const packed = await pack(report, contents, [...leftOut, ...missing])
    if (sizeOf(packed) <= limit) return archiveOf(packed, [...leftOut, ...missing])
  }
  return { files: {}, leftOut: [...leftOut, ...missing] }
}

/** In the order in which they are left out. */
function partsOf({ reports, attached, single }: Contents): Part[] {
  const kinds = [
    (name: string) => name.startsWith('consoles/'),
    (name: string) => name.startsWith('cluster/'),
    (name: string) => name === HTML_FILE,
    (name: string) => name === 'run.log',
    () => true,
  ]
  const kindOf = (name: string) => kinds.findIndex((is) => is(name))
  const inBundle = [
    ...attached.map(({ name, text }) => ({ name, size: gzipSync(text).length + ENTRY_BYTES })),
    ...reports
      .filter(({ name }) => name === HTML_FILE)
      .map(({ name, content }) => ({ name, size: gzipSync(content).length + ENTRY_BYTES })),
  ]
    .toSorted((one, other) => kindOf(one.name) - kindOf(other.name) || other.size - one.size)
    .map((part) => ({ ...part, remove: (contents: Contents) => without(contents, part.name) }))
  // The bundle contains the reports too, so it frees as many bytes as these copies have.
  const copies = single.reduce((sum, { content }) => sum + content.length, 0)
  return [
    ...inBundle,
    {
      name: BUNDLE_FILE,
      size: copies,
      remove: (contents) => ({ ...contents, hasBundle: false }),
    },
    ...single.toReversed().map(({ name, content }) => ({
      name: name.replace(/\.gz$/, ''),
      size: content.length,
      remove: (contents: Contents) => ({
        ...contents,
        single: contents.single.filter((each) => each.name !== name),
      }),
    })),
  ]
}

function without(contents: Contents, name: string): Contents {
  return {
    ...contents,
    reports: contents.reports.filter((each) => each.name !== name),
    attached: contents.attached.filter((each) => each.name !== name),
  }
}

async function pack(
  report: Report,
  { reports, attached, single, hasBundle }: Contents,
  leftOut: readonly string[],
): Promise<readonly NamedContent[]> {
  if (!hasBundle) return single
  const { packBundle } = await import('./bundle.ts')
  const notice = leftOut.map((name) => `${name}\n`).join('')
  const named = notice === '' ? attached : [...attached, { name: LEFT_OUT_FILE, text: notice }]
  return [{ name: BUNDLE_FILE, content: await packBundle(report, reports, named) }, ...single]
}

function sizeOf(packed: readonly NamedContent[]): number {
  return packed.reduce((sum, { name, content }) => sum + name.length + content.length, 0)
}

function archiveOf(packed: readonly NamedContent[], leftOut: readonly string[]): Archive {
  const files = packed.map(({ name, content }) => [name, content.toString('base64')] as const)
  return { files: Object.fromEntries(files), leftOut }
}
