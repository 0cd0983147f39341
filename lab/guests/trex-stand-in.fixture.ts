/** An archive with the layout of TRex's releases. It contains stand-ins, which say that they are not TRex. */
import { createWriteStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'

const SOURCES = fileURLToPath(new URL('trex-stand-in', import.meta.url))

/** The version that the stand-ins report. */
export const STAND_IN_VERSION = 'v3.08-stand-in'

/**
 * The same programs always give the same bytes, so that a guest image with them is built only once.
 * @returns the archive's path
 */
export async function packTrexStandIn(folder: string): Promise<string> {
  const path = join(folder, 'trex-v3.08-stand-in.tar.gz')
  const tar = pack()
  const writing = pipeline(tar, createGzip(), createWriteStream(path))
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) {
    const name = join(STAND_IN_VERSION, relative(SOURCES, file))
    const mode = ((await stat(file)).mode & 0o100) === 0 ? 0o644 : 0o755
    tar.entry({ name, mode, mtime: new Date(0) }, await readFile(file))
  }
  tar.finalize()
  await writing
  return path
}
