import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Report, reportSchema } from '../model/report.ts'
import { lastRunFolder, runFolders } from './run-folders.fixture.ts'

const MOCHA = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'))
const here = (file: string) => path.join(import.meta.dirname, file)

/** Start of a spec file: publishes an example report after all tests. */
const publish = (name: string) => `
  import { secrets } from '${here('../common/secrets.ts')}'
  import { publishReport, recordFault, tagCriterion } from '${here('publish.ts')}'
  import { exampleReport } from '${here('example.fixture.ts')}'
  after(() => { publishReport(exampleReport('${name}')) })
`
const judged = (name: string) => `${publish(name)}
  describe('traffic', () => { it('the VM under test receives every packet sent', () => {}) })
`

const FILES = [
  'bundle.tar.gz',
  'dpdk-checkup-summary.html',
  'junit_dpdk-checkup.xml',
  'metrics.prom',
  'mochawesome.html',
  'report.json',
]

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('a mocha run with the reporter', () => {
  let folder = ''

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'reporter-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  for (const [name, code] of [
    ['passed', 0],
    ['lossy', 1],
    ['error', 2],
  ] as const) {
    it(`ends with ${code} for a report that is ${name}, and writes it in every form`, async () => {
      const ended = await run(judged(name))
      expect(ended.code).to.equal(code)
      expect(await readdir(ownFolder())).to.deep.equal(FILES)
      const { verdict } = await report()
      expect(ended.stdout).to.match(new RegExp(`^${verdict.toUpperCase()} {2}`, 'm'))
      expect(ended.stdout.endsWith(`\nExit code ${code}\n`)).to.equal(true)
      expect(ended.stderr).to.equal('')
    })
  }

  it('does not count mocha’s failures', async () => {
    const specs = Array.from(
      { length: 3 },
      (_, index) => `it('${index}', () => { throw new Error('broken') })`,
    )
    const { code } = await run(`${publish('lossy')} describe('x', () => { ${specs.join('\n')} })`)
    expect(code).to.equal(1)
  })

  it('says so where the suite never published', async () => {
    const { code } = await run(`describe('link', () => { it('is up', () => {}) })`)
    expect(code).to.equal(2)
    expect(await report()).to.include({ verdict: 'error' })
    expect(await readdir(ownFolder())).to.deep.equal(FILES)
  })

  it('says of a simulated cluster that it is one, also where the process ends before the run does', async () => {
    const file = JSON.stringify(path.join(import.meta.dirname, 'publish.ts'))
    const { code } = await run(`import { markSimulated } from ${file}
      it('exits', () => { markSimulated(); process.exit(0) })`)
    expect(code).to.equal(2)
    expect(await report()).to.include({ verdict: 'error', simulated: true })
  })

  it('names a hook that failed and all that it kept from running', async () => {
    const { code } = await run(`describe('guests', () => {
      before('boot', () => { throw new Error('no guest came up', { cause: new Error('no hugepages') }) })
      it('have a link', () => {})
      it('have hugepages', () => {})
    })`)
    expect(code).to.equal(2)
    const { criteria } = await report()
    expect(criteria.map(({ title, outcome }) => [title, outcome])).to.deep.equal([
      ['have a link', 'not-judged'],
      ['have hugepages', 'not-judged'],
      ['"before all" hook: boot for "have a link" succeeds', 'error'],
    ])
    expect(criteria.at(-1)?.message).to.equal('no guest came up: no hugepages')
  })

  it('turns a pass into an error for a rejection nobody looked at', async () => {
    const { code } = await run(`${judged('passed')}
      it('is careless', async () => { void Promise.reject(new Error('lost')); await new Promise(setImmediate) })
    `)
    expect(code).to.equal(2)
    const { verdict, failureReasons } = await report()
    expect(verdict).to.equal('error')
    expect(failureReasons).to.deep.equal(['unhandled promise rejection: lost'])
  })

  it('turns a pass into an error for an exception nobody caught', async () => {
    const { code } = await run(`${judged('passed')}
      it('is careless', async () => { setTimeout(() => { throw new Error('thrown') }, 1); await new Promise((done) => setTimeout(done, 50)) })
    `)
    expect(code).to.equal(2)
    const { failureReasons } = await report()
    expect(failureReasons).to.include('uncaught exception: thrown')
  })

  it('ends with 2 where an exception comes after the end', async () => {
    const { code, stderr } = await run(`${judged('passed')}
      after(() => {
        // The summary is the last thing that is written; what comes in a later turn is after the end.
        const write = process.stdout.write.bind(process.stdout)
        process.stdout.write = (text, ...more) => {
          if (String(text).includes('PASSED  ')) setImmediate(() => { throw new Error('too late') })
          return write(text, ...more)
        }
      })
    `)
    expect(code).to.equal(2)
    expect(stderr).to.contain('too late')
  })

  for (const [what, spec] of [
    ['a spec file does not load', `throw new Error('does not load')`],
    ['a spec file is no TypeScript', `const = 1`],
    ['something calls process.exit', `it('exits', () => { process.exit(0) })`],
    [
      'a callback throws while files load',
      `process.nextTick(() => { throw new Error('thrown early') }); await new Promise(setImmediate)`,
    ],
  ] as const) {
    it(`writes a report and ends with 2 where ${what}`, async () => {
      const { code } = await run(spec)
      expect(code).to.equal(2)
      const { verdict, failureReasons } = await report()
      expect(verdict).to.equal('error')
      expect(failureReasons.join()).to.contain('the process ended before the run')
      expect(await readdir(ownFolder())).to.deep.equal(FILES)
    })
  }

  it('ends with 2 where there is no spec file, or none is left by --grep', async () => {
    expect((await run(undefined)).code).to.equal(2)
    expect((await run(judged('passed'), {}, ['--grep', 'receives'])).code).to.equal(0)
    expect((await run(`it('a', () => {})`, {}, ['--grep', 'nothing'])).code).to.equal(2)
  })

  it('keeps the last good reports when a start comes to nothing, which is told of under the usual names', async () => {
    await run(judged('passed'))
    const [good = ''] = runFolders(path.join(folder, 'reports'))
    await run(judged('passed'), {}, ['--grep', 'a typo'])
    expect(await report()).to.include({ verdict: 'error' })
    const page = await readFile(path.join(folder, 'reports/dpdk-checkup-summary.html'), 'utf8')
    expect(page).to.equal(await readFile(path.join(ownFolder(), 'dpdk-checkup-summary.html'), 'utf8'))
    expect(runFolders(path.join(folder, 'reports')))
      .to.have.lengthOf(2)
      .and.to.include(good)
    expect(good).to.match(/-passed$/)
    expect(await readdir(good)).to.deep.equal(FILES)
  })

  it('tells of no earlier run where it is killed', async () => {
    await run(judged('passed'))
    const { code } = await run(`it('is killed', () => { process.kill(process.pid, 'SIGKILL') })`)
    expect(code).to.equal(null)
    const { verdict, failureReasons } = await report()
    expect({ verdict, failureReasons }).to.deep.equal({
      verdict: 'error',
      failureReasons: ['the run has not ended: it is still going on, or was killed'],
    })
  })

  it('copies what Prow shows to the artifacts', async () => {
    for (const name of ['ARTIFACTS', 'ARTIFACT_DIR']) {
      const artifacts = path.join(folder, name)
      await run(judged('passed'), { [name]: artifacts })
      for (const file of ['junit_dpdk-checkup.xml', 'dpdk-checkup-summary.html']) {
        const copy = await readFile(path.join(artifacts, file), 'utf8')
        expect(copy).to.equal(await readFile(path.join(ownFolder(), file), 'utf8'))
      }
    }
  })

  it('writes the other reports if one cannot be written, and names that one', async () => {
    await mkdir(path.join(folder, 'reports/report.json'), { recursive: true })
    const { code, stderr } = await run(judged('passed'))
    expect(code).to.equal(0)
    expect(stderr).to.match(/^the JSON report could not be written to .*report\.json: EISDIR.*\n$/)
    expect(await readFile(path.join(folder, 'reports/junit_dpdk-checkup.xml'), 'utf8')).to.contain(
      '<testsuite ',
    )
    expect(await readdir(ownFolder())).to.deep.equal(FILES)
  })

  it('ends with 2 where no report can be written', async () => {
    await writeFile(path.join(folder, 'a-file'), '')
    const { code, stdout, stderr } = await run(judged('passed'), { DPDK_CHECKUP_REPORTS: 'a-file' })
    expect(code).to.equal(2)
    expect(stderr.split('\n').filter((line) => line.includes('could not be written'))).to.have.lengthOf(5)
    expect(stdout).to.contain('PASSED  ')
  })

  it('writes to the folder it is told', async () => {
    await run(judged('passed'), { DPDK_CHECKUP_REPORTS: path.join(folder, 'elsewhere/deep') })
    expect(await readdir(lastRunFolder(path.join(folder, 'elsewhere/deep')))).to.deep.equal(FILES)
  })

  it('writes no secret anywhere', async () => {
    const { stdout, stderr } = await run(`${publish('passed')}
      secrets.add('hunter2-reporter')
      after(() => {
        const report = exampleReport('lossy')
        report.parameters['x'] = report.criteria[0].message = report.warnings[0] = 'hunter2-\\x1b[31mreporter'
        report.traffic.shortfall = ['hunter2-reporter']
        publishReport(report)
      })
      it('is careless', () => { throw new Error('login failed: hunter2-reporter') })
    `)
    const written = await Promise.all(
      // The metrics are figures only, and the bundle is packed.
      FILES.filter((file) => !['bundle.tar.gz', 'metrics.prom'].includes(file)).map((file) =>
        readFile(path.join(ownFolder(), file), 'utf8'),
      ),
    )
    for (const text of [stdout, stderr, ...written]) expect(text).not.to.match(/hunter2-(\x1b\[31m)?reporter/)
    expect(written.every((text) => text.includes('[redacted]'))).to.equal(true)
  })

  describe('with --only', () => {
    const tagged = JSON.stringify(path.join(import.meta.dirname, 'publish.ts'))
    const specs = `
      import { tagCriterion } from ${tagged}
      describe('traffic', () => {
        for (const id of ['traffic.no-loss', 'traffic.no-loss-at-all', 'traffic.probe'])
          tagCriterion(it(id + ' is met', () => {}), { id, title: 'is met' })
      })
    `

    for (const [how, env, args] of [
      ['as an option', {}, ['--only=traffic.no-loss,traffic.probe']],
      ['by the environment', { DPDK_CHECKUP_ONLY: 'traffic.no-loss, traffic.probe' }, []],
    ] as const)
      it(`judges the criteria that are named, and no other (${how})`, async () => {
        await run(specs, env, [...args])
        const judged = (await report()).criteria.map(({ id, outcome }) => `${id} ${outcome}`)
        expect(judged).to.deep.equal(['traffic.no-loss passed', 'traffic.probe passed'])
      })

    it('does not begin where there is no such criterion, or --grep selects as well', async () => {
      for (const [args, why] of [
        [
          ['--only=trafic.no-loss'],
          'there is no criterion trafic.no-loss among those of this run; did you mean traffic.no-loss?',
        ],
        [['--only', 'traffic.probe'], 'write the ids after an equals sign: --only=ID,…'],
        [['--only=traffic.probe', '--grep', 'probe'], '--only cannot be combined with --grep'],
      ] as const) {
        const { code } = await run(specs, {}, [...args])
        expect(code).to.equal(2)
        expect((await report()).failureReasons).to.deep.equal([`--only: ${why}`])
      }
    })
  })

  for (const args of [['--dry-run'], ['--parallel'], ['--retries', '1'], ['--delay']]) {
    it(`does not begin with ${args.join(' ')}, and says why in every report`, async () => {
      const { code, stdout, stderr } = await run(judged('passed'), {}, args)
      expect(code).to.equal(2)
      expect(stdout + stderr).to.contain(`mocha's ${args[0] ?? ''}: `)
      const { verdict, criteria, failureReasons } = await report()
      expect({ verdict, outcomes: criteria.map(({ outcome }) => outcome) }).to.deep.equal({
        verdict: 'error',
        outcomes: ['error'],
      })
      expect(failureReasons.join()).to.match(/^mocha's --/)
      const junit = await readFile(path.join(folder, 'reports/junit_dpdk-checkup.xml'), 'utf8')
      expect(junit).to.match(/tests="1" failures="0" errors="1"/)
    })
  }

  it('does not begin with another reporter, which would give mocha’s exit code', async () => {
    const hooks = here('../readiness/root-hooks.ts')
    const { code, stdout, stderr } = await run(`it('claims', () => { console.log('begun') })`, {}, [
      '--require',
      hooks,
      '--reporter',
      'spec',
    ])
    expect(code).to.equal(2)
    expect(stdout + stderr).to.contain("mocha's --reporter: only the suite’s own")
    expect(stdout).not.to.contain('begun')
    expect(await report()).to.include({ verdict: 'error' })
  })

  it('gives the same code with --exit', async () => {
    expect((await run(judged('lossy'), {}, ['--exit'])).code).to.equal(1)
    expect(await readdir(ownFolder())).to.deep.equal(FILES)
  })

  async function run(
    spec: string | undefined,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<Ended> {
    if (spec !== undefined) await writeFile(path.join(folder, 'x.spec.mts'), spec)
    // The child process does not get undefined variables.
    const unset = { ARTIFACTS: undefined, ARTIFACT_DIR: undefined, DPDK_CHECKUP_REPORTS: undefined }
    const reporter = here('mocha-reporter.ts')
    const child = spawn(
      process.execPath,
      [MOCHA, '--no-config', '--timeout', '0', '--fail-zero', '--reporter', reporter, ...args, 'x.spec.mts'],
      { cwd: folder, env: { ...process.env, ...unset, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve)
    })
    return { code, stdout, stderr }
  }

  function ownFolder(): string {
    return lastRunFolder(path.join(folder, 'reports'))
  }

  async function report(): Promise<Report> {
    return reportSchema.parse(JSON.parse(await readFile(path.join(folder, 'reports/report.json'), 'utf8')))
  }
})
