/** The Debian packages the lab's guests need on this machine, kept as data for the plain JavaScript bootstrap too. */
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { SuiteError } from '../../common/errors.ts'
import packages from './debian-packages.json' with { type: 'json' }

/** `command` is a program, or the absolute path of a file, that is there once the package is installed. */
export interface DebianPackage {
  readonly package: string
  readonly command: string
}

export const debianPackages: readonly DebianPackage[] = packages

/** Those whose command is missing. The administrator's folders count even where they are not on PATH. */
export async function missingPackages(
  wanted: readonly DebianPackage[] = debianPackages,
  path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
): Promise<DebianPackage[]> {
  const folders = path.split(':').filter((folder) => folder !== '')
  const missing = await Promise.all(
    wanted.map(async (entry) => {
      const candidates = entry.command.startsWith('/')
        ? [entry.command]
        : folders.map((folder) => join(folder, entry.command))
      const present = await Promise.all(candidates.map(isThere))
      return present.includes(true) ? undefined : entry
    }),
  )
  return missing.filter((entry) => entry !== undefined)
}

/** @throws SuiteError `missing-packages` naming them and the command that installs them. */
export async function requirePackages(wanted: readonly DebianPackage[] = debianPackages): Promise<void> {
  const missing = await missingPackages(wanted)
  if (missing.length === 0) return
  const names = missing.map((entry) => entry.package).join(' ')
  throw new SuiteError(
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
