/**
 * What makes a process of the suite start fast and stay small. It has to come before everything that is worth
 * keeping, so whoever calls it loads the rest afterwards, and it is plain JavaScript: what makes that of TypeScript
 * is large, and kept code does without.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))

/**
 * Compiled code is kept between runs, which saves a third of the time until the suite has started. Where the
 * folder can't be written (a container), everything is compiled as ever.
 *
 * The young generation keeps its first size: V8 doubles it again and again while thousands of modules are loaded,
 * and a suite that then waits for guests holds 30 MB that it never needs.
 */
export function makeProcessLean() {
  enableCompileCache(COMPILED)
  setFlagsFromString('--semi-space-growth-factor=1')
}
