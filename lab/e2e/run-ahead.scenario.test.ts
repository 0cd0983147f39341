import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import { runCommand } from './command.fixture.ts'

const MOCHA = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'))
const TESTS = fileURLToPath(new URL('run-ahead-tests.fixture.ts', import.meta.url))

/** The output of the tests that mocha selects with these options. */
async function said(...options: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await runCommand(MOCHA, ['--no-config', ...options, TESTS], {})
  expect(exitCode, stdout + stderr).to.equal(0)
  return stdout.match(/(?:begun|asked): \w+/g) ?? []
}

describe('work that is begun ahead of the tests of it', () => {
  it('is a little ahead of them', async () => {
    const lines = await said()
    expect(lines.indexOf('begun: two')).to.be.below(lines.indexOf('asked: one'))
    expect(lines).to.have.members(
      ['one', 'two', 'three', 'four'].flatMap((key) => [`begun: ${key}`, `asked: ${key}`]),
    )
  })

  const SELECTIONS: Readonly<Record<string, readonly string[]>> = {
    'a pattern': ['--grep', 'that is called t(wo|hree)$'],
    'a pattern of what not to run': ['--grep', 'one|four', '--invert'],
    'a pattern, in a process of its own': ['--grep', 'two|three', '--parallel'],
  }
  for (const [what, options] of Object.entries(SELECTIONS))
    it(`is only that of the tests which are run: ${what}`, async () => {
      expect(await said(...options)).to.have.members([
        'begun: two',
        'asked: two',
        'begun: three',
        'asked: three',
      ])
    })
})
