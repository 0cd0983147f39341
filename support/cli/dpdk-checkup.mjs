#!/usr/bin/env node
/**
 * `npx dpdk-checkup`: starts on the machine's Node.js; the bootstrap then starts the command under the suite's own. In
 * an installed package, what `npm pack` built is in dist/.
 */
import { existsSync } from 'node:fs'

const ofClone = new URL('bootstrap.mjs', import.meta.url)
process.argv.splice(2, 0, 'checkup')
await import(existsSync(ofClone) ? ofClone : new URL('../../dist/support/cli/bootstrap.mjs', import.meta.url))
