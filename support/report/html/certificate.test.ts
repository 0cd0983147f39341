import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { judgedMatrix } from '../../nodes/matrix.fixture.ts'
import { exampleCapacity } from '../capacity.fixture.ts'
import { reportSchema } from '../../model/report.ts'
import { renderJson } from '../json.ts'
import { environmentOf } from '../environment.ts'
import { SIMULATED_NOTICE } from '../verdict-text.ts'
import { certified, waivedReport } from './certificate.fixture.ts'
import { renderCertificate } from './certificate.ts'
import { HOSTILE } from './examples.fixture.ts'

describe('the certificate page', () => {
  it('names its subject, its profile, its results, and the report that proves them', () => {
    const report = certified()
    expect(reportSchema.safeParse(report).error).to.equal(undefined)
    const page = renderCertificate(report)
    const digest = createHash('sha256').update(renderJson(report)).digest('hex')
    const facts = [
      'prod-1',
      '0c0c3a5e-6f0f-4a6e-9d1a-2f4f9a4b7f10',
      'worker-1, worker-2 (2 of 3)',
      'telco',
      'no packet lost',
      'NDR 7,266,600 packets/s',
      'limited by',
      '2027-03-04',
      `sha256:${digest}`,
      environmentOf(report).digest,
      report.catalogue?.digest ?? '',
    ]
    for (const fact of facts) expect(page).to.include(fact)
    expect(page).not.to.include('Waivers').and.not.to.include(SIMULATED_NOTICE)
  })

  it('names the pairs of nodes', () => {
    const page = renderCertificate({ ...certified(), nodeMatrix: judgedMatrix({ nodes: 3 }) })
    expect(page)
      .to.include('node-00, node-01, node-02')
      .and.include('6 good. no node needs attention: all 6 pairs that were judged are good')
  })

  it('says how far the results of several searches spread', () => {
    const capacity = exampleCapacity()
    const [search] = capacity.searches
    const found = (lower: number) => ({
      ...(search ?? expect.fail()),
      results: search?.results.map((result) => ({ ...result, lower })) ?? [],
    })
    const searches = [found(7_240_000), found(7_300_000), found(7_266_600)]
    expect(renderCertificate({ ...certified(), capacity: { ...capacity, searches } }))
      .to.include('3 searches: NDR 7,266,600 (7,240,000 to 7,300,000) packets/s')
      .and.include('24 trials in 3 searches')
  })

  it('names its waivers and what was lost', () => {
    const page = renderCertificate(waivedReport())
    const facts = [
      'passed with waivers',
      'failed, waived until 2026-06-30 (NET-1234)',
      'network team',
      'node worker-1, NICs 8086:1889',
      '1.04 % lost',
      '2 failed, waived',
    ]
    for (const fact of facts) expect(page.replaceAll('\u00a0', ' ')).to.include(fact)
  })

  it('is marked where the cluster was simulated', () => {
    expect(renderCertificate({ ...certified(), simulated: true })).to.include(SIMULATED_NOTICE)
  })

  it('is not made of a run that gives none', () => {
    expect(() => renderCertificate({ ...certified(), verdict: 'failed' })).to.throw('its verdict is failed')
  })

  it('shows texts of the cluster as texts', () => {
    const report = certified()
    const page = renderCertificate({
      ...report,
      cluster: { ...report.cluster, name: HOSTILE, kubernetesVersion: HOSTILE, apiHost: HOSTILE },
    })
    expect(page).not.to.include('<script').and.not.to.include('<img')
  })
})
