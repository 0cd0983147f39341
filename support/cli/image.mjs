/**
 * The entry point of the suite's image: a command of dpdk-checkup if it gets one; otherwise mocha with its options and
 * spec files, which is the whole checkup without any.
 */
// First: the kernel withholds a signal without a listener from process 1 of a pod, and mocha takes seconds to load.
import '../common/early-signals.mjs'
import { existsSync } from 'node:fs'

const [word = ''] = process.argv.slice(2)
const isCommand = /^[a-z][a-z-]*$/.test(word) && !existsSync(word)
await import(isCommand ? './checkup-cli.ts' : 'mocha/bin/mocha.js')
