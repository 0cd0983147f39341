/** Unpacks the files of a run. They are not trusted: anyone may have changed them. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip, gunzipSync, type ZlibOptions } from 'node:zlib'
import { extract } from 'tar-stream'
import { oneLine, shorten } from '../common/text.ts'
import type { BundleFiles } from './manifest.ts'

/** The most bytes of all files together. A run of days has less. */
export const MOST_BYTES = 256 * 2 ** 20
const MOST_FILES = 1000
const DEEPEST = 4
/** A file name that is valid and means the same on every file system. */
const NAME = /^(?!\.+$)[A-Za-z0-9._-]{1,130}(?<!\.)$/
const COMPRESSED = '.gz'

const gunzipped = promisify<Buffer, ZlibOptions, Buffer>(gunzip)

export class Unpacking {
  readonly #files = new Map<string, Buffer>()
  #folder: string | undefined
  #left = MOST_BYTES

  get files(): BundleFiles {
    return this.#files
  }

  /**
   * The files of a bundle. Its one folder, named after the run, is not part of their names.
   * @throws Error if an entry leads out of the folder or is not a file, if there are too many or too large ones, or if
   * the archive is cut short
   */
  async addArchive(packed: Buffer): Promise<void> {
    const entries = extract()
    Readable.from([await gunzipped(packed, { maxOutputLength: MOST_BYTES })]).pipe(entries)
    for await (const entry of entries) {
      const { name, type, size } = entry.header
      if (type === 'directory') {
        entry.resume()
        continue
      }
      if (type !== 'file') throw new Error(`${shown(name)} in it is not a file but a ${type}`)
      this.#take(size)
      const [folder = '', ...path] = name.split('/')
      if (!NAME.test(folder)) throw new Error(notOurs(name))
      this.#add(path.join('/'), await buffer(entry), name)
      this.#folder ??= folder
      if (folder !== this.#folder)
        throw new Error(`${shown(name)} in it is outside of ${shown(this.#folder)}`)
    }
  }

  /** A file by its path in the bundle. @throws Error like `addArchive` */
  addFile(path: string, content: Buffer): void {
    this.#take(content.length)
    this.#add(path, content, path)
  }

  /** A separate report; most are in the bundle as well. @throws Error like `addArchive` */
  addSingle(name: string, content: Buffer): void {
    const plain = name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name
    if (this.#files.has(plain)) return
    const whole = name === plain ? content : gunzipSync(content, { maxOutputLength: Math.max(1, this.#left) })
    this.addFile(plain, whole)
  }

  /** @param original its name in the bundle, for messages */
  #add(path: string, content: Buffer, original: string): void {
    const parts = path.split('/')
    if (parts.length > DEEPEST || !parts.every((part) => NAME.test(part))) throw new Error(notOurs(original))
    if (this.#files.has(path)) throw new Error(`${shown(original)} is in it twice`)
    if (this.#files.size >= MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`)
    this.#files.set(path, content)
  }

  #take(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new Error(`it holds more than ${MOST_BYTES / 2 ** 20} MiB`)
  }
}

function notOurs(name: string): string {
  return `${shown(name)} in it is not a name of a report`
}

function shown(name: string): string {
  return JSON.stringify(shorten(oneLine(name), 100))
}
