/** Unpacks the reports from a ConfigMap. Its content is not trusted: anyone with write permission can change it. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip, gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { describeError, SuiteError } from '../../common/errors.ts'
import { oneLine, shorten } from '../../common/text.ts'
import { DIGESTS_FILE } from '../../report/bundle.ts'
import { BUNDLE_FILE } from '../../report/places.ts'

/** The most bytes of all files together. A run of days has less. */
const MOST_BYTES = 256 * 2 ** 20
const MOST_FILES = 1000
const DEEPEST = 4
/** A file name that is valid and means the same on every file system. */
const NAME = /^(?!\.+$)[A-Za-z0-9._-]{1,130}(?<!\.)$/
const COMPRESSED = '.gz'

/** The files by their paths, with slashes, relative to the target folder. */
export type Unpacked = ReadonlyMap<string, Buffer>

/**
 * The bundle's files, further reports that are not in the bundle, and the bundle itself.
 * @param files the ConfigMap's files by name, in base64
 * @throws SuiteError `unexpected-answer` if an entry leads out of the folder, is too large, is not a file, or does not
 * match its digest
 */
export async function unpack(files: Readonly<Record<string, string>>, what: string): Promise<Unpacked> {
  try {
    const unpacked = new Unpacking()
    const bundle = files[BUNDLE_FILE]
    if (bundle !== undefined) {
      const packed = Buffer.from(bundle, 'base64')
      await unpacked.addBundle(packed)
      unpacked.add(BUNDLE_FILE, packed)
    }
    for (const [name, text] of Object.entries(files))
      if (name !== BUNDLE_FILE) unpacked.addSingle(name, Buffer.from(text, 'base64'))
    return unpacked.files
  } catch (error) {
    throw new SuiteError('unexpected-answer', `${what} cannot be unpacked: ${describeError(error)}`, {
      cause: error,
    })
  }
}

class Unpacking {
  readonly files = new Map<string, Buffer>()
  #left = MOST_BYTES

  async addBundle(packed: Buffer): Promise<void> {
    const entries = extract()
    const reading = Readable.from([packed]).pipe(createGunzip({ maxOutputLength: MOST_BYTES }))
    reading.on('error', (error) => {
      entries.destroy(error)
    })
    reading.pipe(entries)
    for await (const entry of entries) {
      const { name, type, size } = entry.header
      if (type === 'directory') {
        entry.resume()
        continue
      }
      if (type !== 'file') throw new Error(`${shown(name)} in it is not a file but a ${type}`)
      this.#take(size)
      // The bundle contains one folder, named after the run.
      const [run = '', ...path] = name.split('/')
      if (!NAME.test(run)) throw new Error(notOurs(name))
      this.add(path.join('/'), await buffer(entry), name)
    }
    this.#mustBeIntact()
  }

  /** A separate report; most are in the bundle as well. */
  addSingle(name: string, content: Buffer): void {
    const plain = name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name
    if (this.files.has(plain)) return
    const whole = name === plain ? content : gunzipSync(content, { maxOutputLength: Math.max(1, this.#left) })
    this.#take(whole.length)
    this.add(plain, whole)
  }

  /** @param original its name in the bundle, for messages */
  add(path: string, content: Buffer, original: string = path): void {
    const parts = path.split('/')
    if (parts.length > DEEPEST || !parts.every((part) => NAME.test(part))) throw new Error(notOurs(original))
    if (this.files.has(path)) throw new Error(`${shown(original)} is in it twice`)
    if (this.files.size >= MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`)
    this.files.set(path, content)
  }

  #take(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new Error(`it holds more than ${MOST_BYTES / 2 ** 20} MiB`)
  }

  #mustBeIntact(): void {
    const digests = this.files.get(DIGESTS_FILE)?.toString() ?? ''
    for (const [, digest, name = ''] of digests.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)) {
      const content = this.files.get(name)
      if (content === undefined) throw new Error(`${shown(name)} is missing in it`)
      if (createHash('sha256').update(content).digest('hex') !== digest)
        throw new Error(`${shown(name)} in it does not match its digest`)
    }
  }
}

function notOurs(name: string): string {
  return `${shown(name)} in it is not a name of a report`
}

function shown(name: string): string {
  return JSON.stringify(shorten(oneLine(name), 100))
}
