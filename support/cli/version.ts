/** Which suite this is, as far as it is known: a clone knows its commit from git, a package has it stamped in. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Of the clone or the installed package. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const packageSchema = z.object({
  version: z.string(),
  /** Stamped in when the package is made. */
  dpdkCheckup: z.object({ commit: z.string().optional(), image: z.string().optional() }).optional(),
})

function readPackage() {
  return packageSchema.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')))
}

/** A clone has the lab; an installed package has not. */
export function isClone(): boolean {
  return existsSync(new URL('../../lab/lab-cli.ts', import.meta.url))
}

/** The image of this very suite, where the package names one. */
export function stampedImage(): string | undefined {
  return readPackage().dpdkCheckup?.image
}

/** `0.1.0 (36360b3)`; without the commit where nobody knows it. */
export function versionText(): string {
  const { version, dpdkCheckup } = readPackage()
  const commit = dpdkCheckup?.commit ?? (isClone() ? commitOfClone() : undefined)
  return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`
}

function commitOfClone(): string | undefined {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return status === 0 ? stdout.trim() : undefined
}
