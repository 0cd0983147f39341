/**
 * The Debian packages that guests need on this machine. JSON, so that the plain JavaScript bootstrap can read it too.
 */
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../lab-error.ts'
import packages from './debian-packages.json' with { type: 'json' }

/** `command` is a program or an absolute path; it exists if the package is installed. */
export interface DebianPackage {
  readonly package: string
  readonly command: string
  /** An alternative program. */
  readonly instead?: string
  /** The npm scripts that need the package. Default: all. */
  readonly for?: readonly string[]
}

const all: readonly DebianPackage[] = packages

/** The packages that guests need. */
const debianPackages = all.filter((entry) => entry.for === undefined)

/** Includes the administrator's folders, which may be missing in a user's PATH. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** The packages whose command is missing. */
export async function missingPackages(
  wanted: readonly DebianPackage[] = debianPackages,
  path = PATH,
): Promise<DebianPackage[]> {
  const missing = await Promise.all(
    wanted.map(async (entry) => {
      const commands = [entry.command, ...(entry.instead === undefined ? [] : [entry.instead])]
      const present = await Promise.all(commands.map((command) => isInstalled(command, path)))
      return present.includes(true) ? undefined : entry
    }),
  )
  return missing.filter((entry) => entry !== undefined)
}

/** Whether a program is in the path, or whether a file with this absolute path exists. */
export async function isInstalled(command: string, path = PATH): Promise<boolean> {
  if (command.startsWith('/')) return isThere(command)
  const folders = path.split(':').filter((folder) => folder !== '')
  const present = await Promise.all(folders.map((folder) => isThere(join(folder, command))))
  return present.includes(true)
}

/** @throws LabError `missing-packages` naming the missing packages and the command that installs them */
export async function requirePackages(wanted: readonly DebianPackage[] = debianPackages): Promise<void> {
  const missing = await missingPackages(wanted)
  if (missing.length === 0) return
  const names = missing.map((entry) => entry.package).join(' ')
  throw new LabError(
    'missing-packages',
    `The lab's guests need Debian packages that are not installed: ${names}. As root: apt-get install --no-install-recommends ${names}`,
  )
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
