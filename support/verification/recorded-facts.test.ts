import { expect } from 'chai'
import type { Guest } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import type { Role } from '../model/role.ts'
import { rejudge } from './rejudge.ts'
import { verifiableReport } from './verifiable.fixture.ts'
import { groupOf } from '../model/criterion-result.ts'

/** A report after a change, judged again. */
function changed(change: (report: Report) => void, report = verifiableReport('passed')) {
  const forged = structuredClone(report)
  change(forged)
  return rejudge(forged)
}

function guestOf({ guests }: Report, role: Role = 'vm-under-test'): Guest {
  return guests.find((guest) => guest.role === role) ?? expect.fail(`there is no ${role}`)
}

describe('the facts in a report', () => {
  it('let criteria of guests, links, nodes and parameters be judged again', () => {
    const { judgedAgain, differences } = rejudge(verifiableReport('passed'))
    expect(differences).to.deep.equal([])
    expect(judgedAgain).to.include.members([
      'precondition.parameters',
      'preflight.rate',
      'scheduling.vm-under-test-ready',
      'scheduling.traffic-generator-ready',
      'scheduling.nodes',
      'guest.vm-under-test-cpus',
      'guest.traffic-generator-cpus',
      'guest.hugepages',
      'guest.nics-bound',
      'guest.numa-aligned',
      'guest.cpu-stalls',
      'link.east',
      'link.west',
      'traffic.no-loss',
    ])
  })

  it('are all that other criteria lack: these need the cluster, or what was not measured', () => {
    const { asRecorded, judgedAgain, criteria } = rejudge(verifiableReport('passed'))
    expect(asRecorded.length + judgedAgain.length).to.equal(criteria.length)
    expect(asRecorded.find(({ id }) => id === 'preflight.nodes')?.without).to.equal(
      'the objects of the cluster',
    )
    expect(new Set(asRecorded.map(({ id }) => groupOf(id)))).to.deep.equal(
      new Set(['precondition', 'preflight', 'traffic']),
    )
  })

  const contradictions: readonly (readonly [string, (report: Report) => void])[] = [
    ['guest.vm-under-test-cpus is failed', (report) => (guestOf(report).isolatedCpus = '2-6')],
    [
      'guest.traffic-generator-cpus is failed',
      (report) => (guestOf(report, 'traffic-generator').isolatedCpus = ''),
    ],
    ['guest.vm-under-test-cpus is error', (report) => (guestOf(report).isolatedCpus = 'all')],
    ['guest.hugepages is failed', (report) => (guestOf(report).hugepages1Gi = 0)],
    [
      'guest.nics-bound is failed',
      (report) => {
        guestOf(report).nics.forEach((nic) => Object.assign(nic, { driver: 'iavf' }))
      },
    ],
    [
      'guest.numa-aligned is failed',
      (report) => Object.assign(guestOf(report).numa?.guest ?? {}, { ports: { east: 1, west: 1 } }),
    ],
    ['guest.numa-aligned is not-judged', (report) => (guestOf(report).numa = unknownNuma())],
    [
      'guest.cpu-stalls is not-judged',
      (report) => {
        report.guests.forEach((guest) => (guest.stalls = { unknown: 'no tracer' }))
      },
    ],
    [
      'link.west is failed',
      (report) => {
        guestOf(report, 'traffic-generator').nics.forEach((nic) => {
          if (nic.port === 'west') nic.link = 'down'
        })
      },
    ],
    [
      'preflight.rate is error',
      (report) =>
        Object.assign(report.parameters, { trafficGenPacketsPerSecond: '20m', portBandwidthGbps: '1' }),
    ],
    [
      'scheduling.nodes is passed',
      (report) =>
        Object.assign(report.parameters, {
          vmUnderTestTargetNodeName: 'worker-1',
          trafficGenTargetNodeName: 'worker-2',
        }),
    ],
  ]
  for (const [sentence, change] of contradictions)
    it(`contradict an outcome: ${sentence}`, () => {
      expect(changed(change).differences.join('\n')).to.include(`${sentence} by its facts, the report says`)
    })

  it('never make an outcome better where a stage was ended early', () => {
    const { differences, criteria } = changed((report) => {
      for (const phase of report.phases.slice(-1)) phase.outcome = 'interrupted'
      for (const criterion of report.criteria)
        if (criterion.id === 'link.east') criterion.outcome = 'not-judged'
    })
    expect(differences).to.deep.equal([])
    expect(criteria.find(({ id }) => id === 'link.east')?.outcome).to.equal('not-judged')
  })

  it('that are missing, as in older reports, leave an outcome as it was recorded', () => {
    const { asRecorded, differences } = changed(({ guests }) => {
      for (const guest of guests) {
        delete guest.isolatedCpus
        delete guest.hugepages1Gi
        delete guest.numa
        delete guest.stalls
        delete guest.nodeName
        guest.nics = guest.nics.map(({ port, pciAddress, mac }) => ({ port, pciAddress, mac }))
      }
    })
    expect(differences).to.deep.equal([])
    expect(asRecorded.map(({ id }) => id)).to.include.members([
      'scheduling.vm-under-test-ready',
      'guest.vm-under-test-cpus',
      'guest.nics-bound',
      'guest.numa-aligned',
      'guest.cpu-stalls',
      'link.east',
    ])
  })

  it('do not say whether another node has the label that was asked for', () => {
    const { asRecorded } = changed(({ parameters }) => {
      parameters['vmUnderTestTargetNodeName'] = 'rack-1'
      parameters['trafficGenTargetNodeName'] = 'worker-2'
    })
    expect(asRecorded.find(({ id }) => id === 'scheduling.nodes')?.without).to.equal(
      'the label kubernetes.io/hostname of the nodes',
    )
  })
})

/** A guest that shows no NUMA nodes, on a node that may not be read. */
function unknownNuma(): NonNullable<Guest['numa']> {
  return {
    guest: { nodes: [{ id: 0, cpus: [0, 1, 2, 3, 4, 5, 6, 7], hugepagesMiB: 1024 }], ports: {} },
    node: { node: 'worker-1', unknown: ['no permission to read its kubelet’s configuration'] },
  }
}
