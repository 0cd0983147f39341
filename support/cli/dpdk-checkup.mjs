#!/usr/bin/env node
/** `npx dpdk-checkup`: under whatever Node the machine has, until the bootstrap goes on under the suite's own. */
process.argv.splice(2, 0, 'checkup')
await import('./bootstrap.mjs')
