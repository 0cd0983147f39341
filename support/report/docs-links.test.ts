import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { docsAddress } from './docs-links.ts'
import { renderSummaryPage } from './html/summary-page.ts'
import { lossWithCauses } from './html/examples.fixture.ts'

const suite = { name: 'kubevirt-dpdk-checkup', version: '1.2.3' }

describe('the documentation of a report', () => {
  for (const repository of [
    'git+https://github.com/owner/some.name.git',
    'https://github.com/owner/some.name',
    'https://github.com/owner/some.name/',
  ])
    it(`is at the version of its suite in ${repository}`, () => {
      expect(docsAddress({ suite }, repository)).to.equal(
        'https://github.com/owner/some.name/blob/v1.2.3/docs',
      )
      expect(docsAddress({ suite: { ...suite, commit: 'c0ffee' } }, repository)).to.equal(
        'https://github.com/owner/some.name/blob/c0ffee/docs',
      )
    })

  for (const repository of [
    undefined,
    '',
    'git@github.com:owner/name.git',
    'https://token@github.com/owner/name',
    'https://git.example/owner/name',
    'https://github.com/owner/name/tree/main',
  ])
    it(`is not known of ${String(repository)}`, () => {
      expect(docsAddress({ suite }, repository ?? '')).to.equal(undefined)
    })
})

describe('the summary page', () => {
  const docs = 'https://github.com/owner/name/blob/v1.2.3/docs'

  it('leads from each criterion and cause to its documentation', () => {
    const page = renderSummaryPage(lossWithCauses(), docs)
    expect(page)
      .to.include(`href="${docs}/criteria.md#trafficno-tx-drops"`)
      .and.include(`href="${docs}/causes.md#vm-tx-ring-full"`)
      .and.not.include('no public address')
  })

  it('leads from criteria of the rootless pods to their list', () => {
    const report = exampleReport('passed')
    const criteria = report.criteria.map((criterion) => ({ ...criterion, id: 'tap.arp' }))
    const page = renderSummaryPage({ ...report, criteria }, docs)
    expect(page).to.include(`href="${docs}/rootless.md#criteria"`).and.not.include('criteria.md#')
  })

  it('has a command in place of links where no public address is known', () => {
    const page = renderSummaryPage(lossWithCauses(), undefined)
    expect(page)
      .to.include('<code class="command">dpdk-checkup explain vm-tx-ring-full</code>')
      .and.include('no public address')
      .and.not.include('href="http')
  })
})
