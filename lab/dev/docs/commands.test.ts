import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { COMMANDS } from '../../../support/cli/commands/index.ts'
import { NOT_RUN, RUN, RUN_BY } from './commands.ts'
import { commandsIn, documents, inlineCommandsIn } from './documents.ts'
import { pathOf } from './root.ts'

/** Mentions of a command in a sentence, without its arguments. */
const NAMES_ONLY = new Set([
  'npm run images',
  'npx dpdk-checkup',
  'npx dpdk-checkup <command>',
  'npx dpdk-checkup run --in-cluster',
  ...COMMANDS.map(({ name }) => `npx dpdk-checkup ${name}`),
])
/** Pages whose commands are not checked: one is generated from the catalogue, the other describes past changes. */
const NOT_READ = ['docs/causes.md', 'CHANGELOG.md']

function documented(): Set<string> {
  const pages = documents().filter(({ name }) => !NOT_READ.includes(name))
  return new Set(
    pages.flatMap(({ text }) => [
      ...commandsIn(text),
      ...inlineCommandsIn(text).filter((command) => !NAMES_ONLY.has(command)),
    ]),
  )
}

describe('the commands of README and docs', () => {
  it('are run by a test, or have a reason not to be', () => {
    const listed = [RUN, RUN_BY, NOT_RUN].flatMap((list) => Object.keys(list))
    expect([...documented()].sort()).to.deep.equal(listed.sort())
  })

  it('are run by tests that are there', () => {
    for (const file of Object.values(RUN_BY)) expect(existsSync(pathOf(file)), file).to.equal(true)
  })

  it('are scripts of package.json, and every script for users is among them', () => {
    const { scripts } = JSON.parse(readFileSync(pathOf('package.json'), 'utf8')) as { scripts: object }
    const pages = documents().filter(({ name }) => !NOT_READ.includes(name))
    const args = pages.map(({ text }) => [...commandsIn(text), ...inlineCommandsIn(text)])
    const named = args
      .flat()
      .flatMap((command) => [
        ...(/\bnpm (?:run )?(start|test|(?<=run )[a-z:-]+)/.exec(command)?.slice(1) ?? []),
      ])
    expect(Object.keys(scripts)).to.include.members([...new Set(named)])
    const own = ['start', 'test', 'lab', 'images', 'deploy:machineconfig', 'deploy:testpmd-portforwarder']
    expect(named).to.include.members([...own, 'deploy:testpmd-tap', 'undeploy:testpmd-tap', 'bench'])
  })

  it('are read from blocks, with lines that go on', () => {
    expect(commandsIn('```sh\nexport A=b\na --b \\\n  --c\n\nd\n```\n```yaml\ne\n```\n')).to.deep.equal([
      'a --b --c',
      'd',
    ])
    expect(inlineCommandsIn('`npm x` and\n```sh\n`npm y`\n```\n`npx a\nb`')).to.deep.equal([
      'npm x',
      'npx a b',
    ])
  })
})
