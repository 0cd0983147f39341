/** docs/cli.md: what each command says of itself. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pathOf } from './root.ts'

const COMMANDS = [
  ['npm start, npm run lab', 'lab/lab-cli.ts', 'start'],
  ['npm run preflight', 'support/cli/preflight-cli.ts'],
  ['npx dpdk-checkup', 'support/cli/checkup-cli.ts'],
  ['npm run sweep', 'support/cli/sweep-cli.ts'],
  ['npm run report', 'support/cli/report-cli.ts'],
  ['npm run diff', 'support/cli/diff-cli.ts'],
  ['npm run images', 'lab/images/images-cli.ts'],
  ['npm run deploy and undeploy', 'support/cli/deploy-cli.ts', 'deploy', 'testpmd-tap'],
  ['npm run bench', 'lab/bench/bench-cli.ts'],
] as const

/** The programs are run: what a command says is what its page has. */
export async function cliBlock(): Promise<string> {
  const sections = COMMANDS.map(async ([heading, program, ...words]) => {
    const help = await promisify(execFile)(process.execPath, [pathOf(program), ...words, '--help'])
    return `## ${heading}\n\n\`\`\`text\n${help.stdout.trim()}\n\`\`\``
  })
  return (await Promise.all(sections)).join('\n\n')
}
