import { expect } from 'chai'
import { certified, waivedReport } from '../report/html/certificate.fixture.ts'
import { validUntil, whyNoCertificate } from './certificate.ts'
import type { Report } from './report.ts'

describe('a certificate', () => {
  it('is given for a pass under a profile, also with waivers', () => {
    expect(whyNoCertificate(certified())).to.equal(undefined)
    expect(whyNoCertificate(waivedReport())).to.equal(undefined)
  })

  const deviation = { parameter: 'soak', profile: '10m', used: '1m' }
  for (const [why, change] of [
    ['it has no profile', { profile: undefined }],
    ['it deviates from profile telco: soak=1m', { profile: { name: 'telco', deviations: [deviation] } }],
    ['its verdict is failed', { verdict: 'failed' }],
    ['its verdict is inconclusive', { verdict: 'inconclusive' }],
    ['its verdict is error', { verdict: 'error' }],
    ['the uid of the cluster could not be read', { cluster: { namespace: 'dpdk', configMap: 'checkup' } }],
  ] as const) {
    it(`is not given if ${why}`, () => {
      expect(whyNoCertificate({ ...certified(), ...(change as Partial<Report>) })).to.equal(why)
    })
  }

  it('is valid for a year, and not longer than its waivers', () => {
    expect(validUntil(certified()).toISOString()).to.equal('2027-03-04T05:08:09.000Z')
    expect(validUntil(waivedReport()).toISOString()).to.equal('2026-06-30T23:59:59.999Z')
  })
})
