/**
 * Settings of Node.js for a process of the suite, made when this file is loaded. It is loaded first, because the
 * settings apply only to code loaded after it. It is plain JavaScript, because the loader of TypeScript takes 50 ms
 * that compiled code does not need.
 *
 * - Compiled code is kept between runs, which halves the time of a start. If the folder is not writable (a container),
 *   everything is compiled each time.
 * - The young generation keeps its first size: V8 doubles it repeatedly while hundreds of modules are loaded, and a
 *   suite that waits for guests afterwards would use 40 MB more.
 * - Maglev is off, and Sparkplug compiles in no thread of its own. In `process.exit` Node 24 joins V8's threads, and
 *   such a thread waits forever for a garbage collection of the joining thread (nodejs/node#64274, #54918): a run that
 *   has printed its verdict and written its reports would never exit. Node 22 has neither thread.
 */
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { COMPILE_CACHE } from './compile-cache.mjs'

enableCompileCache(COMPILE_CACHE)
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--no-maglev')
setFlagsFromString('--no-concurrent-sparkplug')
