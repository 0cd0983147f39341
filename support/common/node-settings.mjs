/**
 * Settings of Node.js for a process of the suite, made when this file is loaded. They have to come before the code
 * that they speed up, so this file comes first; and it is plain JavaScript, since reading TypeScript takes 50 ms that
 * compiled code does without.
 *
 * - Compiled code is kept between runs: a start takes half the time. Where the folder cannot be written (a
 *   container), everything is compiled each time.
 * - The young generation keeps its first size: V8 doubles it again and again while hundreds of modules are loaded,
 *   and a suite that then waits for guests holds 40 MB that it never needs.
 * - No code is compiled by Maglev, nor by Sparkplug in a thread of its own. Node 24 joins V8's threads in
 *   `process.exit`, and such a thread waits without end for a garbage collection of the thread that joins it
 *   (nodejs/node#64274, #54918): a run that had told its verdict, and written all, would never end. Node 22 had neither.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url)))
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--no-maglev')
setFlagsFromString('--no-concurrent-sparkplug')
