import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import type { Report } from '../model/report.ts'
import { ONCE, telcoReport } from '../verification/campaign.fixture.ts'
import { bundleOf } from '../verification/verifiable.fixture.ts'
import { readBundle } from '../report/read-bundle.ts'
import { verifyCampaign } from '../verification/verify-campaign.ts'
import { makeCampaign } from './campaign-runs.ts'
import { COMMANDS } from './commands/index.ts'
import { runProgram } from './program.ts'

type Result = 'passed' | 'failed' | 'precondition' | 'nothing' | 'interrupted'

describe('the runs of a campaign', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'campaign-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  /** A campaign whose runs end as given, one after the other; all further ones pass. */
  async function campaign(results: readonly Result[], { retries = 0, repetitions = 1 } = {}) {
    const sizes: string[] = []
    const complaints: string[] = []
    let isInterrupted = false
    const end = await makeCampaign({
      plan: { ...ONCE, repetitions },
      retries,
      folder,
      startedAt: new Date('2026-03-04T05:06:07Z'),
      run: async (frameSize, output) => {
        const result = results[sizes.length] ?? 'passed'
        const whole = telcoReport(frameSize, sizes.length, { lost: result === 'failed' ? 240 : 0 })
        const report = result === 'precondition' ? endedAtPreconditions(whole) : whole
        sizes.push(frameSize)
        isInterrupted = result === 'interrupted'
        if (result === 'nothing') throw new Error('the API server is gone')
        const own = path.join(output, `run-${sizes.length}`)
        await mkdir(own)
        await writeFile(path.join(own, 'bundle.tar.gz'), await bundleOf(report))
      },
      isInterrupted: () => isInterrupted,
      printProgress: () => undefined,
      printError: (line) => complaints.push(line),
    })
    const { files } = await readBundle(end.package)
    return { end, sizes, complaints, verified: await verifyCampaign(files) }
  }

  it('are one of each size, in a package that verifies, with a certificate', async () => {
    const { end, sizes, verified } = await campaign([])
    expect(sizes).to.deep.equal(['64', 'imix', '1518'])
    expect(end.verdict).to.equal('passed')
    expect(verified.certificate).to.equal('compared')
    expect(await readFile(end.certificate ?? '', 'utf8')).to.include('3 runs; all of them passed')
    expect((await readdir(folder)).toSorted()).to.deep.equal(['campaign.tar.gz', 'certificate.html', 'runs'])
    const { files } = await readBundle(folder)
    expect((await verifyCampaign(files)).digest, 'the folder is as good as the package').to.equal(
      verified.digest,
    )
  })

  it('are repeated as often as asked, and as often as they may fail', async () => {
    const { sizes, verified } = await campaign(['failed', 'nothing'], { retries: 2, repetitions: 2 })
    expect(sizes).to.deep.equal(['64', '64', '64', '64', 'imix', 'imix', '1518', '1518'])
    expect(verified.result).to.include({ verdict: 'passed', whyNot: undefined })
    expect(verified.campaign.runs.slice(0, 3).map(({ verdict }) => verdict)).to.deep.equal([
      'failed',
      undefined,
      'passed',
    ])
  })

  it('go on with the next size where one failed too often', async () => {
    const { end, sizes, complaints, verified } = await campaign(['failed', 'passed', 'nothing'])
    expect(sizes).to.deep.equal(['64', 'imix', '1518'])
    expect(end).to.include({ verdict: 'failed', certificate: undefined })
    expect(verified.certificate).to.equal('none')
    expect(complaints).to.deep.equal([
      'the API server is gone',
      'this run has no bundle: the run left no reports',
    ])
  })

  it('are not repeated where one ended at its preconditions', async () => {
    const { end, sizes, verified } = await campaign(['precondition', 'precondition'], { retries: 10 })
    expect(sizes).to.deep.equal(['64', 'imix', '1518'])
    expect(end).to.include({ verdict: 'failed', certificate: undefined })
    expect(verified.campaign.runs.map(({ verdict }) => verdict)).to.deep.equal(['failed', 'failed', 'passed'])
  })

  it('are not started where the folder is a file', async () => {
    const file = path.join(folder, 'file')
    await writeFile(file, '')
    const refused: unknown = await makeCampaign({
      plan: ONCE,
      retries: 0,
      folder: path.join(file, 'campaign'),
      startedAt: new Date(0),
      run: () => expect.fail('it was started'),
      isInterrupted: () => false,
      printProgress: () => undefined,
      printError: () => undefined,
    }).catch((error: unknown) => error)
    expect(refused)
      .to.be.an.instanceof(InvalidInputError)
      .with.property('message')
      .that.matches(/^the campaign's folder \S+ cannot be made: ENOTDIR/)
  })

  it('end where one was interrupted, and are packed', async () => {
    const { sizes, verified } = await campaign(['passed', 'interrupted'])
    expect(sizes).to.deep.equal(['64', 'imix'])
    expect(verified.result.verdict).to.equal('inconclusive')
  })

  it('are not started where an option makes no sense', async () => {
    const refusal = (...words: string[]) =>
      runProgram(COMMANDS, ['certify', '-n', 'ns', '--network', 'sriov', ...words], {
        env: {},
        print: () => undefined,
      }).then(
        (code) => `exit code ${code}`,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
    const telco = ['--profile', 'telco', '--timeout', '9h']
    expect(await refusal()).to.equal('--profile is missing: baseline, telco, performance')
    expect(await refusal(...telco, '--set', 'frameSize=64')).to.match(/^frameSize cannot be set with certify/)
    expect(await refusal(...telco, '--repetitions', '0')).to.match(
      /^--repetitions must be a number from 1 to/,
    )
    expect(await refusal(...telco, '--retries', 'x')).to.match(/^--retries must be a number from 0 to/)
    expect(await refusal(...telco, '--rate', 'fast')).to.include('trafficGenPacketsPerSecond')
  })
})

/** The report of a run whose network was missing. */
function endedAtPreconditions(report: Report): Report {
  const ended: Report = { ...report, verdict: 'failed', guests: [] }
  delete ended.probe
  delete ended.traffic
  delete ended.soak
  delete ended.nodeMatrix
  ended.criteria = report.criteria.map((criterion) => {
    if (criterion.id === 'preflight.network') return { ...criterion, outcome: 'failed' }
    return /^pre/.test(criterion.id) ? criterion : { ...criterion, outcome: 'not-judged' }
  })
  return ended
}
