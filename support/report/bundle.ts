/** Everything of a run in one file: reports, consoles, manifests, and the digests of them all. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Attachment } from './attachments.ts'
import type { Report } from './model.ts'

/**
 * Packs files that were written already and attachments, below one folder that names the run.
 * @throws where a file can't be read or the bundle can't be written
 */
export async function writeBundle(
  report: Report,
  files: readonly string[],
  attachments: readonly Attachment[],
  bundle: string,
): Promise<void> {
  const read = files.map(async (file) => ({ name: path.basename(file), content: await readFile(file) }))
  const entries = [
    ...(await Promise.all(read)),
    ...attachments.map(({ name, text }) => ({ name: safeName(name), content: Buffer.from(text) })),
  ]
  const digests = entries.map(
    ({ name, content }) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`,
  )
  const all = [...entries, { name: 'SHA256SUMS', content: Buffer.from(digests.join('')) }]
  const folder = folderName(report)
  const mtime = new Date(report.completedAt)
  const archive = pack()
  const written = pipeline(archive, createGzip(), createWriteStream(bundle))
  for (const { name, content } of all) {
    archive.entry({ name: `${folder}/${name}`, mtime, mode: 0o644 }, content)
  }
  archive.finalize()
  await written
}

/** `dpdk-checkup-20260304T050607Z` */
function folderName({ startedAt }: Report): string {
  const moment = new Date(startedAt).toISOString().replace(/\.\d+/, '')
  return `dpdk-checkup-${moment.replace(/[-:]/g, '')}`
}

/** Names come from the cluster too: none may lead out of the folder. */
function safeName(name: string): string {
  const parts = name.split('/').map((part) => part.replace(/[^A-Za-z0-9._-]/g, '_'))
  return parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('/')
}
