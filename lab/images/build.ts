/** Builds the requested images, one after the other, into archives or a registry. */
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { withHeartbeat } from '../../support/common/heartbeat.ts'
import { cacheFolder } from '../guests/cache-folder.ts'
import { lockFile } from '../guests/file-lock.ts'
import { ensureGuestImages } from '../guests/images.ts'
import type { ImageName, ImagesArguments } from './image-arguments.ts'
import { buildCheckupImage } from './checkup-image.ts'
import { buildContainerDisk } from './container-disk.ts'
import { explainFullDisk, requireSpace } from './disk-space.ts'
import { ImageTool } from './image-tool.ts'
import { buildTestpmdImage } from './testpmd-image.ts'

const WORK = 'work-'
/** The most bytes on disk at a time: for images with programs only, and below for those with guests' disks. */
const PROGRAMS_SPACE = 1.5e9
const SPACE = 6e9

/** The names of the checkup's default images, so that only the registry's prefix changes. */
const NAMES: Readonly<Record<ImageName, string>> = {
  checkup: 'kubevirt-dpdk-checkup',
  'vm-under-test': 'kubevirt-dpdk-checkup-vm',
  'traffic-gen': 'kubevirt-dpdk-checkup-traffic-gen',
  testpmd: 'dpdk-testpmd',
}

export interface BuildImagesOptions extends Omit<ImagesArguments, 'help'> {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Folder for work in progress and, by default, for archives. Default: in the user's cache. */
  readonly cache?: string
}

export interface BuiltImage {
  readonly image: ImageName
  /** The path of its archive, or its name in the registry. */
  readonly place: string
  /** Path of the JSON file that lists the image's content. */
  readonly contents: string
  /** Digest of the image's manifest, `sha256:…`. */
  readonly digest: string
  /** Unpacked size on a node, including its base, as the tool prints it, e.g. `211 MB`. */
  readonly size: string
  /** Size of the compressed archive in bytes. */
  readonly archiveSize?: number
}

export async function buildImages(options: BuildImagesOptions): Promise<readonly BuiltImage[]> {
  return withHeartbeat({ tell: options.log, what: 'building images' }, (log) => buildAll({ ...options, log }))
}

async function buildAll(options: BuildImagesOptions): Promise<readonly BuiltImage[]> {
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
    await requireSpace(
      cache,
      options.images.some((image) => image === 'vm-under-test' || image === 'traffic-gen')
        ? SPACE
        : PROGRAMS_SPACE,
    )
    const folder = await mkdtemp(join(cache, WORK))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const tool = stack.use(await ImageTool.start(folder, signal))
    const built: BuiltImage[] = []
    for (const image of options.images) built.push(await buildOne(image, tool, folder, cache, options))
    return built
  } catch (error) {
    signal.throwIfAborted()
    throw await explainFullDisk(error, cache)
  }
}

/** Removes leftovers of killed builds. The caller holds the lock, so no build is using them. */
async function removeWork(cache: string): Promise<void> {
  for (const name of await readdir(cache)) if (name.startsWith(WORK)) await ImageTool.clear(join(cache, name))
}

async function buildOne(
  image: ImageName,
  tool: ImageTool,
  folder: string,
  cache: string,
  options: BuildImagesOptions,
): Promise<BuiltImage> {
  const { log, push, tag } = options
  const name = `${push ?? 'localhost'}/${NAMES[image]}:${tag}`
  const contents = await buildContents(image, name, tool, folder, options)
  const size = await tool.size(name)
  const output = resolve(options.output ?? cache)
  const list = join(output, `${NAMES[image]}.json`)
  const writeList = async (digest: string) => {
    await mkdir(output, { recursive: true })
    await writeFile(list, `${JSON.stringify({ image: name, digest, size, ...contents }, undefined, 2)}\n`)
  }
  if (push !== undefined) {
    log(`pushing ${name}`)
    const digest = await tool.push(name, `docker://${name}`)
    await tool.remove(name)
    await writeList(digest)
    return { image, place: name, contents: list, digest, size }
  }
  log(`writing the archive of ${image}`)
  const partial = join(folder, 'image.oci.tar')
  const digest = await tool.push(name, `oci-archive:${basename(partial)}:${name}`)
  await tool.remove(name)
  const place = join(output, `${NAMES[image]}.oci.tar`)
  const archiveSize = await keep(partial, place)
  await writeList(digest)
  return { image, place, contents: list, digest, size, archiveSize }
}

/** @returns the image's content, for the JSON file */
async function buildContents(
  image: ImageName,
  name: string,
  tool: ImageTool,
  folder: string,
  options: BuildImagesOptions,
): Promise<Record<string, unknown>> {
  const { base, log, signal } = options
  switch (image) {
    case 'checkup':
      return buildCheckupImage({ tool, folder, base, image: name, log, signal })
    case 'testpmd':
      return buildTestpmdImage({ tool, folder, image: name, log, signal })
    case 'vm-under-test':
    case 'traffic-gen':
      return buildGuest(image, name, tool, options)
  }
}

async function buildGuest(
  role: 'vm-under-test' | 'traffic-gen',
  name: string,
  tool: ImageTool,
  { guestImage, log, signal }: BuildImagesOptions,
): Promise<Record<string, unknown>> {
  if (role === 'traffic-gen' && !process.env['TREX_ARCHIVE'])
    log('traffic-gen will have no TRex, only pktgen: TREX_ARCHIVE is not set')
  const { kernel } = await ensureGuestImages({ variant: guestImage, log, signal })
  log(`building ${role}`)
  return buildContainerDisk({ tool, guests: dirname(kernel), role, image: name })
}

/** Moves the archive into place atomically. @returns its size in bytes */
async function keep(partial: string, archive: string): Promise<number> {
  await mkdir(dirname(archive), { recursive: true })
  const { size } = await stat(partial)
  try {
    await rename(partial, archive)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    // The target folder is on another file system: copy, then rename there.
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
