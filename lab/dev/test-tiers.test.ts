/** Every test file is run by `npm test`, and can be run alone. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { TEST_TIERS, type TestTier } from './test-tiers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXCLUDED = ['node_modules/**', 'reports/**']

interface Configuration {
  readonly spec?: readonly string[]
  readonly ignore?: readonly string[]
}

const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }

/** Pattern by pattern, as mocha does: parallel jobs run a file twice that two patterns find. */
function filesOf({ configuration }: TestTier): string[] {
  const { spec = [], ignore = [] } = JSON.parse(read(configuration)) as Configuration
  return spec.flatMap((pattern) => globSync(pattern, { cwd: ROOT, exclude: [...ignore] }))
}

/** The output of mocha for the files that an npm script passes to it. */
function runScript(script: string, ...args: string[]) {
  const [program, ...given] = (scripts[script] ?? '').split(' ')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${ROOT}node_modules/.bin/${program ?? ''}`, ...given, ...args],
    { cwd: ROOT, encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

describe('the tiers of the tests', () => {
  it('have every *.test.ts in exactly one of them', () => {
    const all = globSync('**/*.test.ts', { cwd: ROOT, exclude: EXCLUDED })
    expect(all).to.have.lengthOf.above(100)
    expect(TEST_TIERS.flatMap(filesOf).sort()).to.deep.equal(all.sort())
  })

  it('have whole runs of the suite in the scenarios or in the lab', () => {
    const runs = globSync('lab/e2e/**/*.test.ts', { cwd: ROOT })
    const [unit, ...others] = TEST_TIERS.map(filesOf)
    expect(others.flat()).to.include.members(runs)
    expect(unit).not.to.include.any.members(runs)
  })

  it('have a script each, and npm test runs them all', () => {
    for (const { script, configuration } of TEST_TIERS)
      expect(scripts[script]).to.equal(`mocha --config ${configuration}`)
    expect(read('lab/dev/test-all.ts')).to.include('TEST_TIERS.map(')
  })

  it('are left for one file by npm run test:file, and for some of its tests by --grep', () => {
    const file = 'support/common/duration.test.ts'
    const alone = runScript('test:file', file, '--reporter', 'json')
    const { tests } = JSON.parse(alone.stdout) as { tests: { file: string; title: string }[] }
    expect(new Set(tests.map((test) => test.file))).to.deep.equal(new Set([`${ROOT}${file}`]))
    const [first = { title: '' }] = tests
    const grepped = runScript('test:file', file, '--reporter', 'json', '--fgrep', first.title)
    expect((JSON.parse(grepped.stdout) as { tests: unknown[] }).tests).to.have.lengthOf(1)
    expect(tests).to.have.lengthOf.above(1)
    expect(runScript('test:file', file, '--grep', 'no such test').status).not.to.equal(0)
  })
})
