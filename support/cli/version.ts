/** The version of the suite, and whether it is a clone or an installed package. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suiteIdentity } from '../common/suite-identity.ts'

/** Root folder of the clone or of the installed package. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A clone has the lab; an installed package does not. */
export function isClone(): boolean {
  return existsSync(new URL('../../lab/lab-cli.ts', import.meta.url))
}

/** The suite's own image of this version; undefined if the package names none. */
export function stampedImage(): string | undefined {
  return suiteIdentity().image
}

/** `0.1.0 (36360b3a1c4f)`; without the commit if it is unknown. */
export function versionText(): string {
  const { version, commit } = suiteIdentity()
  return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`
}
