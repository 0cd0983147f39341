/**
 * Builds what `npm pack` packs into dist/: a clone in small, with JavaScript and declarations in place of TypeScript,
 * and without what only develops the suite. Its package.json is the clone's, with version and commit.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isImageReference } from '../../support/common/image-reference.ts'
import { LabError } from '../lab-error.ts'
import { stampedPackage } from './stamp.ts'
import { writeSupplyChain } from './supply-chain.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Not tracked by git, and named in package.json's `files`. */
export const BUILT = join(ROOT, 'dist')

/** What the product reads while it runs, beside its code. */
const TAKEN = [
  '.mocharc.cjs',
  'fixtures/catalogue',
  'fixtures/guest',
  'fixtures/manifests',
  'fixtures/report.schema.json',
  'fixtures/rootless',
  'support/report/html/base.css',
  'support/report/html/certificate.css',
  'support/report/html/summary.css',
  'support/report/html/matrix.css',
]
/** Programs that run before TypeScript can be loaded. In a package, `bin` is the clone's. */
const PLAIN = globSync('support/**/*.mjs', { cwd: ROOT }).filter(
  (path) => !path.includes('/testing/') && path !== 'support/cli/dpdk-checkup.mjs',
)
/** Copied with the names that the build gives the files which they name. */
const RENAMED = ['.mocharc.json', ...PLAIN]

/**
 * @param image the suite's image of this version, for `run --in-cluster` without `--image`; undefined: none
 * @throws LabError `package-build`, `sbom`
 */
export async function buildPackage(image: string | undefined, signal: AbortSignal): Promise<void> {
  if (image !== undefined && !isImageReference(image))
    throw new LabError('package-build', `DPDK_CHECKUP_IMAGE must be an image reference, not ${image}`)
  await rm(BUILT, { recursive: true, force: true })
  compile()
  for (const path of TAKEN) {
    await mkdir(dirname(join(BUILT, path)), { recursive: true })
    await cp(join(ROOT, path), join(BUILT, path), { recursive: true })
  }
  for (const path of RENAMED) {
    const text = await readFile(join(ROOT, path), 'utf8')
    await writeFile(join(BUILT, path), text.replaceAll(/(["'])((?:\.|specs\/)[^"'\n]*)\.ts\1/g, '$1$2.js$1'))
  }
  await writeFile(join(BUILT, 'package.json'), await stampedPackage(ROOT, image))
  await writeSupplyChain({ clone: ROOT, installed: ROOT, target: BUILT }, signal)
}

/** Prints tsc's complaints itself. */
function compile(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const args = [tsc, '-p', join(ROOT, 'tsconfig.package.json')]
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] })
  if (status !== 0)
    throw new LabError('package-build', 'the package could not be compiled; tsc says why above')
}
