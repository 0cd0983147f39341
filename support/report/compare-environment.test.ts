import { expect } from 'chai'
import type { Report } from '../model/report.ts'
import { environmentSentence } from './compare-environment.ts'
import { compareReports } from './compare.ts'
import { exampleReport } from './example.fixture.ts'

/** A run on a cluster, with this firmware of its NICs. */
function reportOf(firmware: string | undefined, changes: Partial<Report['cluster']> = {}): Report {
  const report = exampleReport('passed')
  return {
    ...report,
    cluster: { ...report.cluster, uid: 'c0ffee', kubevirtVersion: 'v1.5.0', ...changes },
    guests: report.guests.map((guest) => ({
      ...guest,
      nics: guest.nics.map((nic) => ({
        ...nic,
        device: '8086:154c',
        ...(firmware === undefined ? {} : { firmware }),
      })),
    })),
  }
}

describe('the environment of two runs', () => {
  it('is compared if they are of the same cluster', () => {
    expect(environmentSentence(reportOf('9.20'), reportOf('9.20'))).to.equal(
      'Same cluster, and the same environment, by the facts that both runs recorded.',
    )
    expect(environmentSentence(reportOf('9.20'), reportOf('9.40'))).to.equal(
      'Same cluster, other NIC firmware.',
    )
    expect(environmentSentence(reportOf('9.20'), reportOf('9.40', { kubevirtVersion: 'v1.6.0' }))).to.equal(
      'Same cluster, other KubeVirt and NIC firmware.',
    )
  })

  it('is not said to differ in what one of them does not know', () => {
    expect(environmentSentence(reportOf('9.20'), reportOf(undefined))).to.equal(
      'Same cluster, and the same environment, by the facts that both runs recorded.',
    )
  })

  it('is not compared of different clusters, or of unknown ones', () => {
    const unknown = reportOf('9.40')
    delete unknown.cluster.uid
    expect(environmentSentence(reportOf('9.20'), reportOf('9.40', { uid: 'other' }))).to.equal(undefined)
    expect(environmentSentence(reportOf('9.20'), unknown)).to.equal(undefined)
  })

  it('is listed in the comparison as well, which takes it for no regression', () => {
    const nodes = (kernel: string) => [{ name: 'worker-1', kernel }]
    const changes = compareReports(
      { ...reportOf('9.20'), nodes: nodes('6.1') },
      { ...reportOf('9.40'), nodes: nodes('6.2') },
    )
    expect(changes.map(({ what, before, after, kind }) => [what, before, after, kind])).to.deep.equal([
      ['vm-under-test east firmware', '9.20', '9.40', 'change'],
      ['vm-under-test west firmware', '9.20', '9.40', 'change'],
      ['traffic-generator east firmware', '9.20', '9.40', 'change'],
      ['traffic-generator west firmware', '9.20', '9.40', 'change'],
      ['node worker-1 kernel', '6.1', '6.2', 'change'],
    ])
  })
})
