/** Tests that run kubectl. */
import { spawnSync } from 'node:child_process'

/** The path of kubectl; empty where it is not installed. */
export const KUBECTL = spawnSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).stdout.trim()

/**
 * Declares tests that run kubectl. Where it is not installed, their title says so, and neither the tests nor their
 * hooks run.
 */
export function describeWithKubectl(title: string, declare: () => void): void {
  if (KUBECTL === '') describe.skip(`${title} (skipped: kubectl is not installed)`, declare)
  else describe(title, declare)
}
