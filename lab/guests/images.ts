/** The guests' boot disks, built once from Debian packages and then taken from the cache. */
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatDuration } from '../../support/common/duration.ts'
import { LabError } from '../lab-error.ts'
import { withHeartbeat } from '../../support/common/heartbeat.ts'
import { cacheFolder } from './cache-folder.ts'
import { requirePackages } from './debian-packages.ts'
import { lockFile } from './file-lock.ts'
import { imageKey, type ImageVariant } from './image-inputs.ts'
import { ManagedProcess } from './qemu/child-process.ts'

const SOURCES = fileURLToPath(new URL('../../images/guest', import.meta.url))
/** Older images to keep in addition to the current one, for other variants and branches. */
const KEPT = 2
/** Milliseconds that the build has to remove its chroot before it is killed. */
const BUILD_GRACE = 15_000
const PARTIAL = 'partial-'

export interface GuestImageOptions {
  /** `minimal` boots fast with a stand-in for cloud-init; `full` has cloud-init and tuned. */
  readonly variant: ImageVariant
  /** Called with a line for each step, and at least every 30 s during a long step. */
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Path of a TRex release (tar) for the traffic generator's image. Default: environment TREX_ARCHIVE. */
  readonly trexArchive?: string | undefined
  /** Default: a folder in the user's cache. */
  readonly folder?: string
  /** Replaces the build; for tests. */
  readonly build?: (folder: string) => Promise<void>
}

/** Paths of the boot disks (qcow2) and of their kernel. Each disk has a manifest next to it (`.json`). */
export interface GuestImages {
  readonly vmUnderTest: string
  readonly trafficGen: string
  readonly kernel: string
}

/**
 * Finds or builds the images. Builds of several processes wait for each other. An interrupted build leaves nothing
 * that a later one would use.
 * @throws LabError `missing-packages`, `needs-root`, `image-build` with the build's last lines of output
 */
export async function ensureGuestImages(options: GuestImageOptions): Promise<GuestImages> {
  const { variant, log, signal } = options
  const trexArchive = options.trexArchive ?? (process.env['TREX_ARCHIVE'] || undefined)
  if (trexArchive !== undefined && !(await isFile(trexArchive)))
    throw new LabError('trex-archive', `TREX_ARCHIVE names no file: ${resolve(trexArchive)}`)
  const folder = options.folder ?? join(cacheFolder(), 'guest-images')
  const key = `${variant}-${await imageKey({ sources: SOURCES, variant, trexArchive })}`
  const finished = join(folder, key)
  const images = {
    vmUnderTest: join(finished, 'vm-under-test.qcow2'),
    trafficGen: join(finished, 'traffic-gen.qcow2'),
    kernel: join(finished, 'vmlinuz'),
  }
  if (await isThere(finished)) {
    await touch(finished)
    return images
  }

  const build = options.build ?? (await buildWith({ variant, trexArchive, log, signal }))
  await mkdir(folder, { recursive: true })
  await using stack = new AsyncDisposableStack()
  const lock = await lockFile(join(folder, 'lock'), {
    signal,
    onWaiting: () => {
      log('waiting for another build of guest images to end')
    },
  })
  stack.use(lock)
  if (await isThere(finished)) return images
  await removePartial(folder)
  const partial = await mkdtemp(join(folder, PARTIAL))
  try {
    await build(partial)
    signal.throwIfAborted()
    await rename(partial, finished)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  await prune(folder, key)
  return images
}

async function buildWith(options: {
  readonly variant: ImageVariant
  readonly trexArchive: string | undefined
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}): Promise<(folder: string) => Promise<void>> {
  const { variant, trexArchive, log, signal } = options
  await requirePackages()
  if (process.getuid?.() !== 0)
    throw new LabError(
      'needs-root',
      'Building the guest images installs packages in a chroot: run it once as root, ' +
        'or take simulated guests (--runtime scripted), which need no images.',
    )
  const trex = trexArchive === undefined ? [] : ['--trex-archive', trexArchive]
  return async (folder) => {
    const started = Date.now()
    const sinceStart = () => formatDuration(Date.now() - started)
    log(`building the guest images (${variant}), once; it takes some minutes`)
    const script = join(SOURCES, 'build.sh')
    const tell = (line: string) => {
      log(`guest images: ${line}`)
    }
    const { code, stderr } = await withHeartbeat({ tell, what: 'still building' }, async (print) => {
      const args = [script, '--variant', variant, '--output', folder, ...trex]
      const child = new ManagedProcess('bash', args, (text) => {
        for (const line of text.split('\n')) if (line !== '') print(line)
      })
      const stop = () => void child.stop(BUILD_GRACE)
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      const status = await child.exited
      signal.removeEventListener('abort', stop)
      return { ...status, stderr: child.stderr }
    })
    signal.throwIfAborted()
    if (code !== 0)
      throw new LabError('image-build', `The guest images could not be built: ${lastLines(stderr)}`)
    log(`guest images: built in ${sinceStart()}`)
  }
}

/** Removes the least recently used images beyond `KEPT`. A running guest keeps its disk's open file. */
async function prune(folder: string, current: string): Promise<void> {
  const names = (await readdir(folder)).filter(
    (name) => /^[a-z]+-[0-9a-f]{16}$/.test(name) && name !== current,
  )
  const used = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  )
  used.sort((a, b) => b.at - a.at)
  for (const { name } of used.slice(KEPT)) await rm(join(folder, name), { recursive: true, force: true })
}

/** Removes leftovers of killed builds. The caller holds the lock, so no build is using them. */
async function removePartial(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(PARTIAL))
      // Few retries, because Node.js repeats them for each folder on the path, and what stays busy is a mount.
      await rm(join(folder, name), { recursive: true, force: true, maxRetries: 2 })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
}

function lastLines(text: string): string {
  return text.split('\n').slice(-12).join('\n')
}
