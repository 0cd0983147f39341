/** The package.json of a built package or image: which commit it was built from is known only now. */
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a built package keeps of package.json: what the suite reads, and what npm needs. */
const KEPT = [
  'name',
  'version',
  'license',
  'repository',
  'type',
  'engines',
  'dependencies',
  'allowScripts',
] as const

/**
 * @param root the clone
 * @param image the suite's image of this version
 * @returns the text of a package.json that support/common/suite-identity.ts reads
 */
export async function stampedPackage(root: string, image?: string): Promise<string> {
  const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
  const kept = Object.fromEntries(KEPT.flatMap((key) => (key in own ? [[key, own[key]] as const] : [])))
  const dpdkCheckup = { commit: commitOf(root), image }
  return `${JSON.stringify({ ...kept, dpdkCheckup }, undefined, 2)}\n`
}

/** The full hash; undefined if this is not a clone. */
function commitOf(root: string): string | undefined {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
