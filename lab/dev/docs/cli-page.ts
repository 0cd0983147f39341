/** docs/cli.md: the help text of each command. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { COMMANDS } from '../../../support/cli/commands/index.ts'
import { helpOf, PROGRAM } from '../../../support/cli/program.ts'
import { pathOf } from './root.ts'

/** Programs of the clone with their own options. */
const PROGRAMS = [
  ['npm start, npm run lab', 'lab/lab-cli.ts', 'start'],
  ['npm run images', 'lab/images/images-cli.ts'],
  ['npm run bench', 'lab/bench/bench-cli.ts'],
] as const

/** Takes the commands' help from their records and the programs' help from running them. */
export async function cliBlock(): Promise<string> {
  const commands = COMMANDS.map(({ name }) => section(`${PROGRAM} ${name}`, helpOf(COMMANDS, name)))
  const programs = PROGRAMS.map(async ([heading, program, ...args]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [pathOf(program), ...args, '--help'])
    return section(heading, stdout)
  })
  return [section(PROGRAM, helpOf(COMMANDS)), ...commands, ...(await Promise.all(programs))].join('\n\n')
}

function section(heading: string, help: string): string {
  return `## ${heading}\n\n\`\`\`text\n${help.trim()}\n\`\`\``
}
