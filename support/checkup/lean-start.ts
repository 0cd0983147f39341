/**
 * Loaded before anything else, so that the suite starts fast and stays small.
 *
 * Compiled code is kept between runs, which saves a third of the time until the suite has started. Where the
 * folder can't be written (a container), everything is compiled as ever.
 *
 * The young generation keeps its first size: V8 doubles it again and again while thousands of modules are loaded,
 * and a suite that then waits for guests holds 30 MB that it never needs.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url)))
setFlagsFromString('--semi-space-growth-factor=1')
