/** All files of a run in one archive: reports, consoles, manifests, and their digests. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Attachment } from './attachments.ts'
import type { Report } from '../model/report.ts'

export const DIGESTS_FILE = 'SHA256SUMS'
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
  const names = new Names([...reports.map(({ name }) => name), DIGESTS_FILE])
  const entries = [
    ...reports,
    ...attachments.map(({ name, text }) => ({
      name: names.take(safeName(name)),
      content: Buffer.from(text),
    })),
  ]
  const digests = entries.map(
    ({ name, content }) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`,
  )
  const all = [...entries, { name: DIGESTS_FILE, content: Buffer.from(digests.join('')) }]
  const folder = folderName(report)
  const mtime = new Date(report.completedAt)
  const archive = pack()
  for (const { name, content } of all) {
    archive.entry({ name: `${folder}/${name}`, mtime, mode: 0o644 }, content)
  }
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
  const parts = name.split('/').map((part) => part.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, LONGEST_PART))
  return parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('/') || 'unnamed'
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
