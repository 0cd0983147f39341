/** The identity of this suite: a clone gets its commit from git, a package contains it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

interface SuiteIdentity {
  readonly name: string
  readonly version: string
  /** The full hash; absent if unknown. */
  readonly commit?: string
  /** The image that contains this suite, with its digest; absent unless the package names one. */
  readonly image?: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  /** Added when a package or an image is built. */
  dpdkCheckup: z.object({ commit: z.string().optional(), image: z.string().optional() }).optional(),
  /** Added before a release; npm writes the long form. */
  repository: z.looseObject({ url: z.string() }).optional(),
})

let known: SuiteIdentity | undefined

/** Found out once: it does not change while the suite runs. */
export function suiteIdentity(): SuiteIdentity {
  return (known ??= read())
}

/** Address of the public repository, as in package.json; undefined if it names none. */
export function packageRepository(): string | undefined {
  return readPackage().repository?.url
}

function read(): SuiteIdentity {
  const { name, version, dpdkCheckup = {} } = readPackage()
  const commit = dpdkCheckup.commit ?? commitOfClone()
  const { image } = dpdkCheckup
  return {
    name,
    version,
    ...(commit === undefined ? {} : { commit }),
    ...(image === undefined ? {} : { image }),
  }
}

function readPackage(): z.infer<typeof packageSchema> {
  return packageSchema.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')))
}

/** The commit of the clone itself, not of a repository that contains an installation. */
function commitOfClone(): string | undefined {
  if (!existsSync(new URL('../../.git', import.meta.url))) return undefined
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
