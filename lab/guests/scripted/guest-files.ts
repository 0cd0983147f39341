/** A guest's files, in memory. Files in /proc and /sys are computed when read, and handle writes. */
import { InMemoryFs } from 'just-bash'

export interface LiveFile {
  readonly read: () => string
  /** Throws if the kernel would refuse the text. Without it, the file cannot be written. */
  readonly write?: (text: string) => void
}

/** Folders that every guest has. Files of packages create their own. */
const FOLDERS: readonly string[] = [
  '/root',
  '/tmp',
  '/run',
  '/mnt',
  '/opt',
  '/var/log',
  '/usr/sbin',
  '/usr/bin',
  '/etc/modprobe.d',
  '/etc/systemd/system',
]

/** Not kept over a reboot: the kernel's file systems, and tmpfs. */
const VOLATILE: readonly string[] = ['/proc', '/sys', '/dev', '/run']

export class GuestFiles extends InMemoryFs {
  readonly #live = new Map<string, LiveFile>()
  readonly #installed = new Set<string>()

  constructor() {
    super()
    for (const path of FOLDERS) this.mkdirSync(path, { recursive: true })
    this.addLive('/dev/null', { read: () => '', write: () => undefined })
  }

  addLive(path: string, file: LiveFile): void {
    this.writeFileSync(path, '')
    this.#live.set(path, file)
  }

  /** Adds a file with constant content. */
  add(path: string, content: string): void {
    this.writeFileSync(path, content)
  }

  /** Adds a file of the image, once. Later changes on the disk persist. */
  install(path: string, content: string, mode?: number): void {
    if (this.#installed.has(path)) return
    this.#installed.add(path)
    this.writeFileSync(path, content, undefined, mode === undefined ? {} : { mode })
  }

  /**
   * The files that the next boot finds on the disk.
   * @param mountPoints folders whose content is on other file systems
   */
  async onDisk(mountPoints: readonly string[]): Promise<GuestFiles> {
    const next = new GuestFiles()
    for (const path of this.#installed) next.#installed.add(path)
    const isElsewhere = (path: string) =>
      VOLATILE.some((folder) => path === folder || path.startsWith(`${folder}/`)) ||
      mountPoints.some((folder) => path.startsWith(`${folder}/`))
    // Sorted, so that folders come before their content.
    const paths = this.getAllPaths().filter((path) => path !== '/' && !isElsewhere(path))
    for (const path of paths.sort()) await this.#copy(path, next)
    return next
  }

  async #copy(path: string, to: GuestFiles): Promise<void> {
    const { isDirectory, isSymbolicLink, mode, mtime } = await this.lstat(path)
    if (isSymbolicLink) await to.symlink(await this.readlink(path), path)
    else if (isDirectory) {
      to.mkdirSync(path, { recursive: true })
      await to.chmod(path, mode)
    } else to.writeFileSync(path, await this.readFileBuffer(path), undefined, { mode, mtime })
  }

  async remove(path: string): Promise<void> {
    for (const live of this.#live.keys())
      if (live === path || live.startsWith(`${path}/`)) this.#live.delete(live)
    await this.rm(path, { recursive: true, force: true })
  }

  override async readFileBuffer(path: string): Promise<Uint8Array> {
    const live = this.#live.get(path)
    return live === undefined ? super.readFileBuffer(path) : Buffer.from(live.read())
  }

  override async writeFile(...[path, content, options]: Parameters<InMemoryFs['writeFile']>): Promise<void> {
    if (!this.#writeLive(path, content)) await super.writeFile(path, content, options)
  }

  override async appendFile(
    ...[path, content, options]: Parameters<InMemoryFs['appendFile']>
  ): Promise<void> {
    if (!this.#writeLive(path, content)) await super.appendFile(path, content, options)
  }

  #writeLive(path: string, content: string | Uint8Array): boolean {
    const live = this.#live.get(path)
    if (live === undefined) return false
    const text = typeof content === 'string' ? content : Buffer.from(content).toString()
    // A redirection opens the file before it writes; the kernel's file sees only the write.
    if (text === '') return true
    if (live.write === undefined) throw new Error('EACCES: permission denied')
    live.write(text)
    return true
  }
}
