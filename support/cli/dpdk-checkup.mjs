#!/usr/bin/env node
/** `npx dpdk-checkup`: starts on the machine's Node.js; the bootstrap then starts the command under the suite's own. */
process.argv.splice(2, 0, 'checkup')
await import('./bootstrap.mjs')
