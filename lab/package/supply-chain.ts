/** What the package and the image are made of: a bill of materials (CycloneDX, by npm), and the licences of others. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { describeError } from '../../support/common/errors.ts'
import { LabError } from '../lab-error.ts'

const SBOM_FILE = 'sbom.cdx.json'
const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt'

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
})

/** A package-lock.json, version 3: packages by folder. */
const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
})
type Lock = z.infer<typeof lockSchema>

const sbomSchema = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
})

/** Files with which a package states its licence or what it owes to others. */
const LICENSE_FILES = /^(licen[cs]e|notice|copying)/i
const RULE = '-'.repeat(80)

/**
 * Writes both files.
 * @param clone has package.json and package-lock.json
 * @param installed has node_modules with at least the production packages @param target folder of the files
 * @throws LabError `sbom` if npm cannot list the contents of the lock file
 */
export async function writeSupplyChain(
  {
    clone,
    installed,
    target,
  }: { readonly clone: string; readonly installed: string; readonly target: string },
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(target, SBOM_FILE), await billOfMaterials(clone, signal))
  await writeFile(join(target, NOTICES_FILE), await thirdPartyNotices(installed))
}

/**
 * npm lists what a lock file has. It gets one of production packages: with `--omit=dev` it leaves out those that a
 * development package needs too.
 */
async function billOfMaterials(clone: string, signal: AbortSignal): Promise<string> {
  const own = packageSchema.parse(await readJson(join(clone, 'package.json')))
  const lock = lockSchema.parse(await readJson(join(clone, 'package-lock.json')))
  const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-sbom-'))
  try {
    const packages = { '': own, ...Object.fromEntries(productionPackages(lock)) }
    await writeFile(join(folder, 'package.json'), JSON.stringify(own))
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }))
    const bill = sbomSchema.parse(JSON.parse(await npmSbom(folder, signal)))
    // npm gives the folder's name.
    bill.metadata.component.name = own.name
    return `${JSON.stringify(bill, undefined, 2)}\n`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function npmSbom(cwd: string, signal: AbortSignal): Promise<string> {
  // Without the settings of the npm that may have started this program.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
  try {
    return (await promisify(execFile)('npm', args, { cwd, env, signal, maxBuffer: 1e8 })).stdout
  } catch (error) {
    signal.throwIfAborted()
    throw new LabError('sbom', `npm could not list the production packages: ${describeError(error)}`)
  }
}

function productionPackages({ packages }: Lock): [string, Lock['packages'][string]][] {
  return Object.entries(packages).filter(
    ([path, { dev, link }]) => path.startsWith('node_modules/') && dev !== true && link !== true,
  )
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** The licence texts of the production packages, in the order of their names. */
async function thirdPartyNotices(folder: string): Promise<string> {
  const installed = lockSchema.parse(await readJson(join(folder, 'node_modules/.package-lock.json')))
  const packages = productionPackages(installed).sort(([left], [right]) => left.localeCompare(right))
  const notices = await Promise.all(
    packages.map(async ([path, { version = '', license }]) => {
      const title = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`
      const texts = await licenseTexts(join(folder, path))
      return [RULE, `${title} (${license ?? 'licence not declared'})`, RULE, '', ...texts].join('\n')
    }),
  )
  return [
    'kubevirt-dpdk-checkup runs on the packages below. Their licences, as they ship them:',
    '',
    ...notices,
    '',
  ].join('\n')
}

async function licenseTexts(folder: string): Promise<readonly string[]> {
  // An optional package of another platform is listed, but not installed.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && LICENSE_FILES.test(entry.name))
  return Promise.all(
    files.map(async ({ name }) => (await readFile(join(folder, name), 'utf8')).trimEnd() + '\n'),
  )
}
