/** The entry point of `dpdk-checkup`. */
import { runCommand } from '../common/cli.ts'
import { COMMANDS } from './commands/index.ts'
import { hintFor } from './hint.ts'
import { runProgram } from './program.ts'

await runCommand((args) => runProgram(COMMANDS, args, { env: process.env }), undefined, hintFor)
