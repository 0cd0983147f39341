import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { judgedMatrix, nodeName } from '../nodes/matrix.fixture.ts'
import { lostRun, ONCE, runOf, telcoReport } from '../verification/campaign.fixture.ts'
import { historyText } from '../cli/history-text.ts'
import { exampleCapacity } from './capacity.fixture.ts'
import { packBundle } from './bundle.ts'
import { campaignFiles, packCampaign } from './campaign-package.ts'
import { unfinishedReport } from './conclude.ts'
import { exampleReport, type ExampleName } from './example.fixture.ts'
import { historyOf } from './history.ts'
import { renderHistoryPage } from './html/history-page.ts'
import { renderJson } from './json.ts'
import type { Report } from '../model/report.ts'
import { readHistory } from './read-history.ts'

/** The report of a day in March, with the VM under test on this node. */
function reportOf(day: number, name: ExampleName, node: string, changes: Partial<Report> = {}): Report {
  const report = exampleReport(name)
  const [vm, ...others] = report.guests
  const guests = vm === undefined ? others : [{ ...vm, nodeName: node }, ...others]
  return { ...report, startedAt: `2026-03-${String(day).padStart(2, '0')}T05:06:07.000Z`, guests, ...changes }
}

describe('the history of runs', () => {
  const runs = [
    reportOf(1, 'passed', 'worker-1', { capacity: exampleCapacity() }),
    reportOf(2, 'lossy', 'worker-3'),
    reportOf(3, 'passed', 'worker-1'),
    reportOf(4, 'lossy', 'worker-3'),
    reportOf(5, 'error', 'worker-1'),
    reportOf(6, 'passed', 'worker-3'),
  ]
  const given = runs.map((report, index) => ({ file: `${index}.json`, report }))

  it('is in the order of time, whatever that of the files, with each run once', () => {
    const { runs: found } = historyOf([...given.toReversed(), ...given.slice(0, 3)])
    expect(found.map(({ verdict }) => verdict)).to.deep.equal([
      'passed',
      'failed',
      'passed',
      'failed',
      'error',
      'passed',
    ])
    expect(found.map(({ lossRatio }) => lossRatio)).to.deep.equal([0, 0.01042, 0, 0.01042, undefined, 0])
    expect(found[0]?.capacity).to.equal(7_266_600)
  })

  it('says which nodes are weak: two failed runs, and half of all', () => {
    const { nodes } = historyOf(given)
    expect(nodes[0]).to.deep.equal({ name: 'worker-3', runs: 3, failed: 2, isWeak: true })
    expect(nodes.filter(({ isWeak }) => isWeak)).to.have.lengthOf(1)
    expect(historyOf(given.slice(0, 2)).nodes.some(({ isWeak }) => isWeak)).to.equal(false)
  })

  it('takes a node matrix by its word', () => {
    const matrix = judgedMatrix({ loss: ({ to }) => (to === 2 ? 0.2 : 0) })
    const { nodes } = historyOf([
      { file: 'x', report: reportOf(1, 'lossy', nodeName(0), { nodeMatrix: matrix }) },
    ])
    expect(nodes.filter(({ isWeak }) => isWeak).map(({ name }) => name)).to.deep.equal(matrix.result?.nodes)
  })

  it('fits a terminal of 80 columns', () => {
    const unmet = Array.from({ length: 20 }, (_, index) => ({
      ...(runs[1]?.criteria[0] ?? expect.fail()),
      id: `traffic.criterion-${index}`,
      outcome: 'failed' as const,
    }))
    const long = reportOf(7, 'lossy', `worker-${'x'.repeat(200)}`, { criteria: unmet })
    const text = historyText(historyOf([...given, { file: 'long', report: long }]))
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(80)
    expect(text)
      .to.match(/^2026-03-01 05:06 passed {14}7\.27M {3}none$/m)
      .and.match(/^2026-03-02 05:06 failed {14}- {7}1\.04 % {4}traffic\.no-tx-drops/m)
      .and.match(/^ {2}worker-3: 2 of 3 runs blame it$/m)
  })

  it('warns of runs that do not compare', () => {
    const other = reportOf(8, 'passed', 'a', {
      cluster: { ...exampleReport('passed').cluster, uid: 'other' },
    })
    expect(historyText(historyOf([...given, { file: 'x', report: other }]))).to.include(
      'These runs are of 2 clusters',
    )
    const simulated = reportOf(8, 'passed', 'a', { simulated: true })
    expect(historyText(historyOf([...given, { file: 'x', report: simulated }]))).to.include(
      '1 of 7 runs are of a simulated cluster',
    )
  })

  it('is a page without scripts, whatever nodes are called', () => {
    const hostile = reportOf(9, 'lossy', '<script>alert(1)</script>')
    const page = renderHistoryPage(historyOf([...given, { file: 'x', report: hostile }]), [
      '<b>x</b> is broken',
    ])
    expect(page).not.to.match(/<script|<b>x/)
    expect(page).to.include('&lt;script&gt;alert(1)').and.include('7 runs')
    expect(renderHistoryPage(historyOf([]), [])).to.include('0 runs')
  })

  describe('in a folder', () => {
    let folder = ''
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'history-'))
    })
    afterEach(async () => {
      await rm(folder, { recursive: true })
    })
    const save = async (name: string, content: string | Buffer) => {
      const file = path.join(folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, content)
    }

    it('is read from reports and bundles, and tells what is broken', async () => {
      const [first, second, third] = runs
      if (first === undefined || second === undefined || third === undefined) return expect.fail()
      const json = (report: Report) => ({ name: 'report.json', content: Buffer.from(renderJson(report)) })
      await save('2026-03-01T050607Z-passed/report.json', renderJson(first))
      await save('report.json', renderJson(first))
      await save('archived/second.tar.gz', await packBundle(second, [json(second)], []))
      await save('archived/2026/report.json', renderJson(third))
      await save('cut/report.json', renderJson(third).slice(0, -100))
      await save('cut.tar.gz', (await packBundle(third, [json(third)], [])).subarray(0, -50))
      await save('going-on/report.json', renderJson(unfinishedReport(new Date())))
      await save('other.json', '{}')
      const { reports, problems } = await readHistory(folder)
      expect(historyOf(reports).runs.map(({ startedAt }) => startedAt)).to.deep.equal(
        [first, second, third].map(({ startedAt }) => startedAt),
      )
      expect(problems).to.have.lengthOf(3)
      expect(problems.join('\n'))
        .to.match(/cut\/report\.json was cut short/)
        .and.match(/cut\.tar\.gz cannot be read: unexpected end of file/)
        .and.match(/going-on\/report\.json is of a run that has not ended/)
    })

    it('has each run of a campaign once, from their folders or else from the package', async () => {
      const campaign = [
        await runOf('64', telcoReport('64', 0, { lost: 240 })),
        await runOf('64', telcoReport('64', 1)),
        lostRun('imix'),
      ]
      await save('campaign/campaign.tar.gz', await packCampaign(campaignFiles(ONCE, campaign), new Date(0)))
      const packed = await readHistory(folder)
      expect(packed.problems).to.deep.equal([])
      expect(historyOf(packed.reports).runs.map(({ verdict, file }) => [verdict, file])).to.deep.equal([
        ['failed', path.join(folder, 'campaign', 'campaign.tar.gz: runs/01.tar.gz')],
        ['passed', path.join(folder, 'campaign', 'campaign.tar.gz: runs/02.tar.gz')],
      ])
      const [first] = campaign
      await save('campaign/runs/one/bundle.tar.gz', first?.archive ?? expect.fail('it has a bundle'))
      const both = await readHistory(folder)
      expect(historyOf(both.reports).runs.map(({ file }) => path.relative(folder, file))).to.deep.equal([
        'campaign/runs/one/bundle.tar.gz',
        'campaign/campaign.tar.gz: runs/02.tar.gz',
      ])
    })

    it('names a package of a campaign that is broken', async () => {
      const packed = await packCampaign(
        campaignFiles(ONCE, [await runOf('64', telcoReport('64', 0))]),
        new Date(0),
      )
      await save('campaign.tar.gz', packed.subarray(0, -50))
      const { reports, problems } = await readHistory(folder)
      expect(reports).to.deep.equal([])
      expect(problems.join('\n')).to.match(/^\S+campaign\.tar\.gz cannot be read: /)
    })

    it('is refused if the folder cannot be read', async () => {
      const error: unknown = await readHistory(path.join(folder, 'none')).catch((thrown: unknown) => thrown)
      expect(error).to.have.property('message').that.includes('none cannot be read: ENOENT')
    })
  })
})
