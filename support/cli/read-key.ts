/** Reads a key in PEM that the user names. */
import { open } from 'node:fs/promises'
import { describeError, InvalidInputError } from '../common/errors.ts'

/** Bytes; keys of all kinds are shorter. */
const LONGEST_KEY = 64 * 1024

/** @throws InvalidInputError if it cannot be read */
export async function readKey(file: string): Promise<string> {
  const refused = (why: string) => new InvalidInputError([`${file} ${why}`], 'unparsable')
  try {
    await using handle = await open(file)
    if (!(await handle.stat()).isFile()) throw refused('is not a file')
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(LONGEST_KEY + 1) })
    if (bytesRead > LONGEST_KEY) throw refused('is too large for a key')
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw refused(`cannot be read: ${describeError(error)}`)
  }
}
