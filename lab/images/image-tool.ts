/** buildah or podman, whichever is installed, with its own storage that is removed afterwards. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { LabError } from '../lab-error.ts'
import { isInstalled } from '../guests/debian-packages.ts'
import { ManagedProcess } from '../guests/qemu/child-process.ts'

const TOOLS = ['buildah', 'podman'] as const
/** Milliseconds that the tool has to end after a signal before it is killed. */
const GRACE = 10_000
const KEPT_STDOUT = 4000
const KEPT_ERROR = 400

export interface Build {
  /** Path of the Containerfile, and of the folder from which it copies. */
  readonly containerfile: string
  readonly context: string
  /** Name of the image in this tool's storage, e.g. `localhost/a:main`. */
  readonly image: string
  readonly buildArguments?: Readonly<Record<string, string>>
}

/**
 * The user's own images, containers and mounts stay untouched, because the tool's storage is in the work folder. The
 * vfs driver, and builds that run no commands, need no mounts, so a killed tool leaves only files.
 */
export class ImageTool implements AsyncDisposable {
  readonly name: (typeof TOOLS)[number]
  readonly #folder: string
  readonly #runFolder: string
  readonly #signal: AbortSignal

  private constructor(name: (typeof TOOLS)[number], folder: string, runFolder: string, signal: AbortSignal) {
    this.name = name
    this.#folder = folder
    this.#runFolder = runFolder
    this.#signal = signal
  }

  /**
   * @param folder for its storage and temporary files, some GB for a guest's disk
   * @throws LabError `missing-packages` if neither tool is installed
   */
  static async start(folder: string, signal: AbortSignal, path?: string): Promise<ImageTool> {
    const name = await findTool(path)
    if (name === undefined) {
      const message = `Images are built with buildah or podman, and neither is installed. As root: apt-get install --no-install-recommends buildah`
      throw new LabError('missing-packages', message)
    }
    await mkdir(join(folder, 'tmp'), { recursive: true })
    const runFolder = runFolderOf(folder)
    await mkdir(runFolder, { mode: 0o700 })
    return new ImageTool(name, folder, runFolder, signal)
  }

  async build({ containerfile, context, image, buildArguments = {} }: Build): Promise<void> {
    const args = Object.entries(buildArguments).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ])
    await this.#run(`build ${image}`, [
      'build',
      '--layers=false',
      '--isolation=chroot',
      '--format=oci',
      '--file',
      containerfile,
      '--tag',
      image,
      ...args,
      context,
    ])
  }

  /** Pulls an image into this tool's storage, even if the user's own storage has it. */
  async pull(image: string): Promise<void> {
    await this.#run(`pull ${image}`, ['pull', image])
  }

  /**
   * @param destination in the tools' syntax: `oci-archive:<path>:<name>`, `docker://<name>`
   * @returns the digest of the image's manifest, `sha256:…`
   */
  async push(image: string, destination: string): Promise<string> {
    const digest = join(this.#folder, 'digest')
    const what = destination.startsWith('docker:') ? `push ${image}` : `write the archive of ${image}`
    await this.#run(what, ['push', '--digestfile', digest, image, destination])
    return (await readFile(digest, 'utf8')).trim()
  }

  /** The size of all layers, unpacked, e.g. `211 MB`. */
  async size(image: string): Promise<string> {
    const args = ['images', '--noheading', '--format', '{{.Size}}', image]
    return (await this.#run(`tell the size of ${image}`, args)).trim()
  }

  async remove(image: string): Promise<void> {
    await this.#run(`remove ${image}`, ['rmi', image])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ImageTool.clear(this.#folder, this.name)
  }

  /** Removes a work folder, also one of a killed build. */
  static async clear(folder: string, name?: ImageTool['name']): Promise<void> {
    const folders = [folder, runFolderOf(folder)]
    // If the user is not root, files of images belong to subordinate uids, and only the tool can remove them.
    const tool = process.getuid?.() === 0 ? undefined : (name ?? (await findTool()))
    if (tool !== undefined) await new ManagedProcess(tool, ['unshare', 'rm', '-rf', '--', ...folders]).exited
    for (const each of folders) await rm(each, { recursive: true, force: true, maxRetries: 2 })
  }

  get #storage(): string {
    return join(this.#folder, 'storage')
  }

  /** @returns the end of its stdout */
  async #run(what: string, args: readonly string[]): Promise<string> {
    this.#signal.throwIfAborted()
    const storage = ['--storage-driver=vfs', `--root=${this.#storage}`, `--runroot=${this.#runFolder}`]
    // A relative path after --chdir keeps the folder's name out of the tools' syntax for destinations.
    const env = [`--chdir=${this.#folder}`, `TMPDIR=${join(this.#folder, 'tmp')}`]
    let said = ''
    const child = new ManagedProcess('env', [...env, this.name, ...storage, ...args], (text) => {
      said = (said + text).slice(-KEPT_STDOUT)
    })
    const stop = () => void child.stop(GRACE)
    this.#signal.addEventListener('abort', stop, { once: true })
    try {
      const { code } = await child.exited
      this.#signal.throwIfAborted()
      if (code !== 0) throw failure(this.name, what, child.stderr)
      return said
    } finally {
      this.#signal.removeEventListener('abort', stop)
    }
  }
}

async function findTool(path?: string): Promise<ImageTool['name'] | undefined> {
  const installed = await Promise.all(TOOLS.map((tool) => isInstalled(tool, path)))
  return TOOLS.find((_, index) => installed[index])
}

/** The folder of the tool's locks. Not in the work folder, because podman refuses a path of more than 50 characters. */
function runFolderOf(folder: string): string {
  return join(tmpdir(), `images-${basename(folder)}`)
}

/**
 * An error with the end of the tool's message. Its errors are one line that begins with the steps, sometimes with all
 * their data, and ends with the cause.
 */
function failure(tool: string, what: string, stderr: string): LabError {
  const line = stderr.slice(stderr.lastIndexOf('\n') + 1).replace(/^error: /i, '')
  const text = line.length > KEPT_ERROR ? `… ${line.slice(-KEPT_ERROR)}` : line
  return new LabError('image-build', `${tool} could not ${what}: ${text}`)
}
