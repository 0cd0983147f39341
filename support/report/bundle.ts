/** All files of a run in one archive: reports, consoles, manifests, their digests, and a statement of the result. */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Attachment } from './attachments.ts'
import { ENVIRONMENT_FILE, environmentOf } from './environment.ts'
import { MANIFEST_FILE, manifestOf } from './manifest.ts'
import type { Report } from '../model/report.ts'
import { ENVELOPE_FILE } from './envelope.ts'
import { STATEMENT_FILE, statementText } from './statement.ts'

/** Files that are made of the others. */
const OWN_FILES = [ENVIRONMENT_FILE, MANIFEST_FILE, STATEMENT_FILE, ENVELOPE_FILE]
/** Longest name of a file or folder, in characters; most file systems allow 255 bytes. */
const LONGEST_PART = 120

/** A report's file name and content. */
export interface NamedContent {
  readonly name: string
  readonly content: Buffer
}

/**
 * Packs written reports and attachments into a folder named after the run.
 * @throws if a file cannot be read or the bundle cannot be written
 */
export async function writeBundle(
  report: Report,
  files: readonly string[],
  attachments: readonly Attachment[],
  bundle: string,
): Promise<void> {
  const read = files.map(async (file) => ({ name: path.basename(file), content: await readFile(file) }))
  await writeFile(bundle, await packBundle(report, await Promise.all(read), attachments))
}

/** The bundle of reports in memory: a tar archive, compressed by gzip. */
export async function packBundle(
  report: Report,
  reports: readonly NamedContent[],
  attachments: readonly Attachment[],
): Promise<Buffer> {
  const names = new Names([...reports.map(({ name }) => name), ...OWN_FILES])
  const listed = new Map([
    ...reports.map(({ name, content }) => [name, content] as const),
    ...attachments.map(({ name, text }) => [names.take(safeName(name)), Buffer.from(text)] as const),
    [ENVIRONMENT_FILE, Buffer.from(environmentOf(report).json)] as const,
  ])
  const manifest = manifestOf(listed)
  const all = [
    ...listed,
    [MANIFEST_FILE, Buffer.from(manifest)] as const,
    [STATEMENT_FILE, Buffer.from(statementText(report, manifest))] as const,
  ]
  const folder = folderName(report)
  const mtime = new Date(report.completedAt)
  return packTar(
    all.map(([name, content]) => [`${folder}/${name}`, content] as const),
    mtime,
  )
}

/** A tar archive, compressed by gzip; the same for the same files. @param mtime of all files in it */
export function packTar(
  files: readonly (readonly [name: string, content: Buffer])[],
  mtime: Date,
): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of files) archive.entry({ name, mtime, mode: 0o644 }, content)
  archive.finalize()
  return buffer(archive.pipe(createGzip()))
}

/** `dpdk-checkup-20260304T050607Z` */
function folderName({ startedAt }: Report): string {
  const moment = new Date(startedAt).toISOString().replace(/\.\d+/, '')
  return `dpdk-checkup-${moment.replace(/[-:]/g, '')}`
}

/** File names come from the cluster too: none may leave the folder. */
function safeName(name: string): string {
  const parts = name.split('/').map((part) =>
    part
      .replace(/[^A-Za-z0-9._-]/g, '_')
      .slice(0, LONGEST_PART)
      .replace(/\.+$/, ''),
  )
  return parts.filter((part) => part !== '').join('/') || 'unnamed'
}

/** Unique paths: no file overwrites another one or has the name of another one's folder. */
class Names {
  readonly #files: Set<string>
  readonly #folders = new Set<string>()

  constructor(files: readonly string[]) {
    this.#files = new Set(files)
  }

  take(wanted: string): string {
    let name = wanted
    const flat = wanted.replaceAll('/', '_').slice(0, LONGEST_PART)
    for (let count = 2; !this.#isFree(name); count += 1) name = `${flat}-${count}`
    this.#files.add(name)
    for (const folder of foldersOf(name)) this.#folders.add(folder)
    return name
  }

  #isFree(name: string): boolean {
    return (
      !this.#files.has(name) &&
      !this.#folders.has(name) &&
      !foldersOf(name).some((folder) => this.#files.has(folder))
    )
  }
}

function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
