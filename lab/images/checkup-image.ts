/** The suite's image: builds it and lists its content. */
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabError } from '../lab-error.ts'
import { requirePackages } from '../guests/debian-packages.ts'
import { runToEnd } from '../guests/qemu/child-process.ts'
import { stampedPackage } from '../package/stamp.ts'
import { writeSupplyChain } from '../package/supply-chain.ts'
import type { ImageTool } from './image-tool.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONTAINERFILE = join(ROOT, 'images/checkup/Containerfile')
const BASE_SOURCES = join(ROOT, 'images/base-debian')
const BASE_IMAGE = 'localhost/checkup-base:debian'
/** Copied from the working copy; .containerignore filters it further. The working copy's node_modules is not copied. */
const TAKEN = ['.containerignore', '.mocharc.json', 'LICENSE', 'package.json', 'package-lock.json']
const TAKEN_FOLDERS = ['specs', 'support', 'fixtures']

/** The relevant part of a package-lock.json, version 3: packages by folder. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}

export interface CheckupImageOptions {
  readonly tool: ImageTool
  /** A folder in which to assemble the image's content. */
  readonly folder: string
  /** Name of the base image, or `debian`. */
  readonly base: string
  readonly image: string
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Builds the image. npm runs on this machine, with its mirrors and certificates, so that the base image needs neither
 * npm nor a shell.
 * @returns the image's content
 * @throws LabError `base-image`, `image-build`
 */
export async function buildCheckupImage(options: CheckupImageOptions): Promise<Record<string, unknown>> {
  const { tool, folder, image, log, signal } = options
  const base = options.base === 'debian' ? await makeBase(options) : await pullBase(options)
  const context = join(folder, 'suite')
  log('installing the production packages')
  await stageSuite(context, signal)
  const packages = await installedPackages(context)
  log('building checkup')
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const buildArguments = { NODE_IMAGE: base, VERSION: version }
  await tool.build({ containerfile: CONTAINERFILE, context, image, buildArguments })
  await rm(context, { recursive: true })
  return { version, base: options.base, packages }
}

async function pullBase({ tool, base, log }: CheckupImageOptions): Promise<string> {
  log(`pulling ${base}`)
  try {
    await tool.pull(base)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    const remedy =
      'Name another base (--base IMAGE), or have one made here, without a registry (--base debian).'
    throw new LabError('base-image', `${error.message}\n${remedy}`, { cause: error })
  }
  return base
}

async function stageSuite(context: string, signal: AbortSignal): Promise<void> {
  await mkdir(context, { recursive: true })
  for (const name of [...TAKEN, ...TAKEN_FOLDERS])
    await cp(join(ROOT, name), join(context, name), { recursive: true })
  // The lab is a workspace that is not copied.
  const npm = ['ci', '--omit=dev', '--workspaces=false', '--ignore-scripts', '--prefer-offline']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const { code, stderr } = await runToEnd('npm', [...npm, ...quiet, `--prefix=${context}`], signal)
  if (code !== 0)
    throw new LabError('image-build', `npm could not install the production packages: ${stderr}`)
  await writeFile(join(context, 'package.json'), await stampedPackage(ROOT))
  await writeSupplyChain({ clone: ROOT, installed: context, target: context }, signal)
  await openToAll(context)
}

/** Makes all files readable for any user of the container, whatever the umask of this working copy. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, 0o644)
  }
}

/** Builds a base image from Debian's C library and the Node.js that runs this. @returns the image's name */
async function makeBase({ tool, folder, log, signal }: CheckupImageOptions): Promise<string> {
  const mmdebstrap = { package: 'mmdebstrap', command: 'mmdebstrap' }
  await requirePackages([mmdebstrap])
  log("making a base image of Debian's packages and npm's node")
  const context = join(folder, 'base')
  const script = join(BASE_SOURCES, 'build.sh')
  const args = [script, '--node', process.execPath, '--output', context]
  const { code, stderr } = await runToEnd('bash', args, signal)
  if (code !== 0) throw new LabError('image-build', `The Debian base could not be made: ${stderr}`)
  const containerfile = join(BASE_SOURCES, 'Containerfile')
  await tool.build({ containerfile, context, image: BASE_IMAGE })
  await rm(context, { recursive: true })
  return BASE_IMAGE
}

/** The packages that npm installed, from its own record, except Node.js, which comes with the base image. */
async function installedPackages(context: string): Promise<Record<string, string>> {
  const note = JSON.parse(await readFile(join(context, 'node_modules/.package-lock.json'), 'utf8')) as Lock
  return Object.fromEntries(
    Object.entries(note.packages)
      .filter(([path]) => path !== 'node_modules/node' && !path.startsWith('node_modules/node/'))
      .map(([path, { version = '' }]) => [path.replace(/^node_modules\//, ''), version]),
  )
}
