/** The image of the rootless pods, built from Debian's packages without pulling a base image. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabError } from '../lab-error.ts'
import { requirePackages } from '../guests/debian-packages.ts'
import { runToEnd } from '../guests/qemu/child-process.ts'
import type { ImageTool } from './image-tool.ts'

const SOURCES = fileURLToPath(new URL('../../images/testpmd', import.meta.url))

export interface TestpmdImageOptions {
  readonly tool: ImageTool
  /** A folder in which to assemble the image's content. */
  readonly folder: string
  readonly image: string
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * @returns the image's content
 * @throws LabError `image-build`, `missing-packages`
 */
export async function buildTestpmdImage(options: TestpmdImageOptions): Promise<Record<string, unknown>> {
  const { tool, folder, image, log, signal } = options
  await requirePackages([{ package: 'mmdebstrap', command: 'mmdebstrap' }])
  log("building testpmd of Debian's packages")
  const context = join(folder, 'testpmd')
  const args = [join(SOURCES, 'build.sh'), '--output', context]
  const { code, stderr } = await runToEnd('bash', args, signal)
  if (code !== 0)
    throw new LabError('image-build', `The root file system of testpmd could not be made: ${stderr}`)
  const packages = installedPackages(await readFile(join(context, 'var/lib/dpkg/status'), 'utf8'))
  await tool.build({ containerfile: join(SOURCES, 'packaged.Containerfile'), context, image })
  await rm(context, { recursive: true })
  return { packages }
}

/** Versions of the packages by name, from dpkg's status file. */
function installedPackages(status: string): Record<string, string> {
  const field = (entry: string, name: string) =>
    entry
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const named = status.split('\n\n').flatMap((entry): [string, string][] => {
    const [name, version] = [field(entry, 'Package'), field(entry, 'Version')]
    return name === undefined || version === undefined ? [] : [[name, version]]
  })
  return Object.fromEntries(named)
}
