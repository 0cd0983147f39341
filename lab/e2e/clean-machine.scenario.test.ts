/** However `npm start` and `npm run lab` end, they leave nothing on the machine. Guests are simulated, for speed. */
import { basename } from 'node:path'
import { expect } from 'chai'
import { runFolders } from '../../support/report/run-folders.fixture.ts'
import { WatchedProcess } from '../watched-process.ts'
import { LabSurroundings } from './lab-command.fixture.ts'

const SIMULATED = ['--runtime', 'scripted'] as const
const QUICK = [...SIMULATED, 'testDuration=2s'] as const

describe('the machine after the lab', () => {
  let surroundings: LabSurroundings

  beforeEach(async () => {
    surroundings = await LabSurroundings.create()
  })
  afterEach(async () => {
    await surroundings[Symbol.asyncDispose]()
  })

  /** The output of a pipeline. Like a terminal, waits until every program of it has ended. */
  async function endOf(pipeline: string): Promise<string> {
    const shell = new WatchedProcess('the shell', surroundings.run('sh', ['-c', pipeline]))
    await shell.exitCode
    return shell.output
  }

  for (const [what, pipeline] of [
    ['npm start | head -3', `npm start -- ${QUICK.join(' ')} 2>&1 | head -3`],
    ['npm start, read until guests boot,', `npm start -- ${QUICK.join(' ')} 2>&1 | grep -m 1 'Preflight'`],
    ['npm run lab | head -3', `npm run lab -- ${SIMULATED.join(' ')} 2>&1 | head -3`],
    // The lab has printed all it has to say when its reader goes.
    [
      'npm run --silent lab | head -3',
      `npm run --silent lab -- ${SIMULATED.join(' ')} 2>/dev/null | head -3`,
    ],
  ] as const) {
    it(`is as clean as before where nobody reads on: ${what}`, async () => {
      const output = await endOf(pipeline)
      expect(output.split('\n').length, output).to.be.within(2, 4)
      expect(await surroundings.leftovers()).to.deep.equal([])
    })
  }

  it('is clean, and the run judged, where only the summary is not read', async () => {
    const output = await endOf(`npm start -- ${QUICK.join(' ')} | head -3`)
    expect(output).to.match(/^✔ Traffic /m)
    expect((await surroundings.report()).verdict, output).to.equal('passed')
    expect(await surroundings.leftovers()).to.deep.equal([])
  })

  for (const [command, signal, moment] of [
    ['start', 'SIGHUP', '✔ Preflight'],
    ['lab', 'SIGHUP', 'Ctrl-C takes it down'],
    ['lab', 'SIGTERM', 'Ctrl-C takes it down'],
    ['lab', 'SIGKILL', 'Ctrl-C takes it down'],
  ] as const) {
    it(`is clean where npm alone gets ${signal} (npm run ${command})`, async () => {
      const npm = new WatchedProcess('npm', surroundings.run('npm', ['run', command, '--', ...SIMULATED]))
      await npm.said(moment)
      npm.process.kill(signal)
      // Its output closes when the last process that npm started has ended.
      await npm.exitCode
      expect(npm.output).to.include('taking the lab down').and.not.to.include('PASSED  ')
      expect(await surroundings.leftovers(), npm.output).to.deep.equal([])
    })
  }

  it('is clean after two runs at once, each with reports of its own', async () => {
    const runs = [1, 2].map(
      (number) => new WatchedProcess(`run ${number}`, surroundings.run('npm', ['start', '--', ...QUICK])),
    )
    const codes = await Promise.all(runs.map(({ exitCode }) => exitCode))
    expect(codes, runs.map(({ output }) => output).join('\n')).to.deep.equal([0, 0])
    const own = runFolders(surroundings.reports)
    expect(own).to.have.lengthOf(2)
    const reports = await Promise.all(own.map((folder) => surroundings.report(basename(folder))))
    expect(reports.map(({ verdict }) => verdict)).to.deep.equal(['passed', 'passed'])
    expect(reports).to.deep.include(await surroundings.report())
    expect(await surroundings.leftovers()).to.deep.equal([])
  })

  it('is cleared by the next start of what a killed one left', async () => {
    const killed = new WatchedProcess('the lab', surroundings.start(['lab', ...SIMULATED]))
    await killed.said('Ctrl-C takes it down')
    killed.process.kill('SIGKILL')
    await killed.exitCode
    expect(await surroundings.leftovers()).not.to.deep.equal([])
    const next = new WatchedProcess('the next lab', surroundings.start(['lab', ...SIMULATED]))
    await next.said('Ctrl-C takes it down')
    next.process.kill('SIGINT')
    expect(await next.exitCode, next.output).to.equal(0)
    expect(await surroundings.leftovers()).to.deep.equal([])
  })
})
