/** Builds the images that were asked for, one after the other, into archives or a registry. */
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SuiteError } from '../../common/errors.ts'
import { cacheFolder } from '../runtime/cache-folder.ts'
import { lockFile } from '../runtime/file-lock.ts'
import { ensureGuestImages, type GuestImages } from '../runtime/images.ts'
import type { ImageName, ImagesArguments } from './arguments.ts'
import { buildCheckupImage } from './checkup-image.ts'
import { ImageTool } from './image-tool.ts'

const CONTAINER_DISK = fileURLToPath(new URL('../../../images/container-disk/Containerfile', import.meta.url))
const WORK = 'work-'

/** The names the checkup's default images have, so that a registry's prefix is all that changes. */
const NAMES: Readonly<Record<ImageName, string>> = {
  checkup: 'kubevirt-dpdk-checkup',
  'vm-under-test': 'kubevirt-dpdk-checkup-vm',
  'traffic-gen': 'kubevirt-dpdk-checkup-traffic-gen',
}

export interface BuildImagesOptions extends Omit<ImagesArguments, 'help'> {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Where work in progress and, by default, archives go. Default: a folder of the user's cache. */
  readonly cache?: string
}

export interface BuiltImage {
  readonly image: ImageName
  /** Where it is: the path of its archive, or its name in the registry. */
  readonly place: string
  /** Of its manifest, `sha256:…` */
  readonly digest: string
  /** Unpacked on a node, its base included, as the tool says it, e.g. `211 MB`. */
  readonly size: string
  /** The archive, compressed: in bytes. */
  readonly archiveSize?: number
}

/**
 * @throws SuiteError `missing-packages`, `needs-root`, `base-image`, `image-build`, `disk-full`
 */
export async function buildImages(options: BuildImagesOptions): Promise<readonly BuiltImage[]> {
  const cache = options.cache ?? join(cacheFolder(), 'container-images')
  const { signal, log } = options
  try {
    await mkdir(cache, { recursive: true })
    await using stack = new AsyncDisposableStack()
    const onWaiting = () => {
      log('waiting for another build of images to end')
    }
    stack.use(await lockFile(join(cache, 'lock'), { signal, onWaiting }))
    await removeWork(cache)
    const folder = await mkdtemp(join(cache, WORK))
    stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    const tool = stack.use(await ImageTool.start(folder, signal))
    const built: BuiltImage[] = []
    for (const image of options.images) built.push(await buildOne(image, tool, folder, cache, options))
    return built
  } catch (error) {
    signal.throwIfAborted()
    throw await explained(error, cache)
  }
}

/** What killed builds left. Under the lock, so nobody is at work on it. */
async function removeWork(cache: string): Promise<void> {
  for (const name of await readdir(cache))
    if (name.startsWith(WORK)) await rm(join(cache, name), { recursive: true, force: true, maxRetries: 5 })
}

async function buildOne(
  image: ImageName,
  tool: ImageTool,
  folder: string,
  cache: string,
  options: BuildImagesOptions,
): Promise<BuiltImage> {
  const { log, push, tag, signal } = options
  const name = `${push ?? 'localhost'}/${NAMES[image]}:${tag}`
  const contents =
    image === 'checkup'
      ? await buildCheckupImage({ tool, folder, base: options.base, image: name, log, signal })
      : await buildContainerDisk(image, name, tool, options)

  const size = await tool.size(name)
  const about = (digest: string) =>
    `${JSON.stringify({ image: name, digest, size, ...contents }, undefined, 2)}\n`
  if (push !== undefined) {
    log(`pushing ${name}`)
    const digest = await tool.push(name, `docker://${name}`)
    await tool.remove(name)
    await writeFile(join(cache, `${NAMES[image]}.json`), about(digest))
    return { image, place: name, digest, size }
  }
  log(`writing the archive of ${image}`)
  const partial = join(folder, 'image.oci.tar')
  const digest = await tool.push(name, `oci-archive:${basename(partial)}:${name}`)
  await tool.remove(name)
  const place = join(resolve(options.output ?? cache), `${NAMES[image]}.oci.tar`)
  const archiveSize = await keep(partial, place)
  await writeFile(place.replace(/\.oci\.tar$/, '.json'), about(digest))
  return { image, place, digest, size, archiveSize }
}

async function buildContainerDisk(
  role: 'vm-under-test' | 'traffic-gen',
  name: string,
  tool: ImageTool,
  { guestImage, log, signal }: BuildImagesOptions,
): Promise<Record<string, unknown>> {
  const images: GuestImages = await ensureGuestImages({ variant: guestImage, log, signal })
  const context = dirname(images.kernel)
  log(`building ${role}`)
  await tool.build({
    containerfile: CONTAINER_DISK,
    context,
    image: name,
    buildArguments: { ROLE: role },
  })
  return JSON.parse(await readFile(join(context, `${role}.json`), 'utf8')) as Record<string, unknown>
}

/** Whole or not at all under its name. @returns its size in bytes */
async function keep(partial: string, archive: string): Promise<number> {
  await mkdir(dirname(archive), { recursive: true })
  const { size } = await stat(partial)
  try {
    await rename(partial, archive)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    // The folder is on another file system.
    const beside = `${archive}.partial`
    try {
      await copyFile(partial, beside)
      await rename(beside, archive)
    } finally {
      await rm(beside, { force: true })
    }
  }
  return size
}

/** A full disk is told in many words: by Node.js, by the tools and by what they call. */
async function explained(error: unknown, cache: string): Promise<unknown> {
  const text = error instanceof Error ? error.message : String(error)
  if (!/ENOSPC|no space left on device/i.test(text)) return error
  const { bavail, bsize } = await statfs(cache)
  const left = ((bavail * bsize) / 1e9).toFixed(1)
  const message = `A disk is full; building images takes some 5 GB under ${cache} (${left} GB are free; XDG_CACHE_HOME names another place)`
  return new SuiteError('disk-full', message, { cause: error })
}
