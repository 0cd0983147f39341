/** Which suite this is, and whether it is a clone or an installed package. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suiteIdentity } from '../common/suite-identity.ts'

/** Of the clone or the installed package. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A clone has the lab; an installed package has not. */
export function isClone(): boolean {
  return existsSync(new URL('../../lab/lab-cli.ts', import.meta.url))
}

/** The image of this very suite, where the package names one. */
export function stampedImage(): string | undefined {
  return suiteIdentity().image
}

/** `0.1.0 (36360b3a1c4f)`; without the commit where nobody knows it. */
export function versionText(): string {
  const { version, commit } = suiteIdentity()
  return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`
}
