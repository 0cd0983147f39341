/** The inputs of a guest image as a key: the same inputs need no second build. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

export type ImageVariant = 'minimal' | 'full'

export interface ImageInputs {
  /** The folder of the build script with everything that it reads. */
  readonly sources: string
  readonly variant: ImageVariant
  /** Path of a TRex release for the traffic generator's image. */
  readonly trexArchive: string | undefined
}

/** Sixteen hexadecimal digits. Depends on names, contents and executable bits, not on times and locations. */
export async function imageKey(inputs: ImageInputs): Promise<string> {
  const hash = createHash('sha256')
  const add = (...fields: string[]) => {
    // The length before each field keeps neighbouring fields apart.
    for (const field of fields) hash.update(`${Buffer.byteLength(field)}:`).update(field)
  }
  add('variant', inputs.variant)
  const entries = await readdir(inputs.sources, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) {
    const executable = ((await stat(file)).mode & 0o100) !== 0
    add(relative(inputs.sources, file), String(executable), (await readFile(file)).toString('base64'))
  }
  if (inputs.trexArchive !== undefined) add('trex', await digest(inputs.trexArchive))
  return hash.digest('hex').slice(0, 16)
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
