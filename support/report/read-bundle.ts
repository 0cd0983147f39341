/** Reads a bundle of unknown origin: an archive, its unpacked folder, or the folder of a run that has one in it. */
import { type Dirent, lstatSync, statSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { describeError, InvalidInputError, SuiteError } from '../common/errors.ts'
import { ENVELOPE_FILE } from './envelope.ts'
import type { BundleFiles } from './manifest.ts'
import { BUNDLE_FILE, PACKAGE_FILE } from './report-folders.ts'
import { MOST_BYTES, Unpacking } from './unpacking.ts'

export interface GivenBundle {
  /** The bundle's files. A signature beside an archive is among them. */
  readonly files: BundleFiles
  /** The folder in which a signature belongs. */
  readonly folder: string
}

/** @throws InvalidInputError in one sentence, if it cannot be read, or is no bundle whatever its files say */
export async function readBundle(given: string): Promise<GivenBundle> {
  try {
    const stats = statSync(given)
    if (stats.isDirectory()) {
      // The folder of a campaign has its runs beside the package, which has them too.
      const campaign = path.join(given, PACKAGE_FILE)
      const isCampaign = lstatSync(campaign, { throwIfNoEntry: false })?.isFile() === true
      return isCampaign ? await readBundle(campaign) : { files: await ofFolder(given), folder: given }
    }
    const folder = path.dirname(given)
    const files = new Map(await unpackBundle(await readLimited(given)))
    const signature = path.join(folder, ENVELOPE_FILE)
    if (!files.has(ENVELOPE_FILE) && lstatSync(signature, { throwIfNoEntry: false })?.isFile() === true)
      files.set(ENVELOPE_FILE, await readLimited(signature))
    return { files, folder }
  } catch (error) {
    if (error instanceof SuiteError) throw error
    throw refusal(`${given} cannot be read: ${describeError(error)}`)
  }
}

/** The error for a bundle that is refused. */
export function refusal(...sentences: readonly string[]): InvalidInputError {
  return new InvalidInputError(sentences, 'unparsable')
}

/** The files of an archive. @throws Error if it is not whole, or too large */
export async function unpackBundle(packed: Buffer): Promise<BundleFiles> {
  const unpacking = new Unpacking()
  await unpacking.addArchive(packed)
  return unpacking.files
}

/** @throws Error; InvalidInputError */
async function ofFolder(folder: string): Promise<BundleFiles> {
  const unpacking = new Unpacking()
  await addFolder(unpacking, folder, '')
  const { files } = unpacking
  const packed = files.get(BUNDLE_FILE)
  if (packed === undefined) return files
  // The folder of a run: its reports are copies of what is in the bundle.
  const bundle = new Map(await unpackBundle(packed))
  const copies = [...files].filter(([name]) => name !== BUNDLE_FILE && name !== ENVELOPE_FILE)
  const differing = copies.filter(([name, content]) => bundle.get(name)?.equals(content) !== true)
  if (differing.length > 0)
    throw refusal(...differing.map(([name]) => `${name} is not the one in ${path.join(folder, BUNDLE_FILE)}`))
  const signature = files.get(ENVELOPE_FILE)
  if (signature !== undefined && !bundle.has(ENVELOPE_FILE)) bundle.set(ENVELOPE_FILE, signature)
  return bundle
}

async function addFolder(unpacking: Unpacking, folder: string, prefix: string): Promise<void> {
  for (const entry of await readdir(path.join(folder, prefix), { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`
    if (entry.isDirectory()) await addFolder(unpacking, folder, `${name}/`)
    else if (!entry.isFile())
      throw new Error(`${JSON.stringify(name)} in it is not a file but ${kindOf(entry)}`)
    else unpacking.addFile(name, await readLimited(path.join(folder, name)))
  }
}

function kindOf(entry: Dirent): string {
  if (entry.isSymbolicLink()) return 'a symbolic link'
  return entry.isFIFO() ? 'a pipe' : entry.isSocket() ? 'a socket' : 'a device'
}

/** Counts the bytes read, because pipes and devices have no size. */
async function readLimited(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_BYTES) throw new Error(`it holds more than ${MOST_BYTES / 2 ** 20} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
