import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import type { Criterion, Phase, Report } from '../model/report.ts'
import { ownOverhead } from './phases.ts'
import { renderSummary } from './summary.ts'

const files = [path.resolve('reports/report.json'), '/elsewhere/junit_dpdk-checkup.xml']

describe('closing summary', () => {
  it('draws the path of a lossy run and says why it failed', () => {
    expect(renderSummary(exampleReport('lossy'), { colors: false, files })).to.equal(LOSSY)
  })

  it('names the cause of an error once, and what was skipped for it', () => {
    expect(renderSummary(exampleReport('error'), { colors: false, files })).to.equal(ERROR)
  })

  it('names a simulated cluster in every verdict, and no other so', () => {
    for (const verdict of ['passed', 'failed', 'inconclusive', 'error'] as const) {
      const real = { ...exampleReport('error'), verdict }
      const line = (report: Report) =>
        /^Verdict: .*$/m.exec(renderSummary(report, { colors: false, files }))?.[0] ?? ''
      expect(line(real)).to.include('the cluster').and.not.to.include('simulated')
      expect(line({ ...real, simulated: true })).to.equal(
        line(real).replace('the cluster', 'the simulated cluster'),
      )
    }
  })

  it('tells what was skipped in five lines at most, whatever the reasons', () => {
    const reasons = [
      'no list of nodes',
      'no list of nodes',
      ...Array.from({ length: 8 }, (_, at) => `reason ${at}`),
    ]
    for (let count = 1; count <= reasons.length; count += 1) {
      const skipped = reasons.slice(0, count).map((message, index): Criterion => {
        return { id: `x.c${index}`, title: 't', outcome: 'not-judged', message, evidence: [], duration: 0 }
      })
      const report = {
        ...exampleReport('passed'),
        criteria: [...exampleReport('passed').criteria, ...skipped],
      }
      const text = renderSummary(report, { colors: false, files })
      const section = text.split('\n\n').filter((each) => each.includes('Skipped:'))
      expect(section).to.have.lengthOf(1)
      const lines = section[0]?.trim().split('\n') ?? []
      expect(lines.length).to.be.at.most(5)
      expect(lines[0]).to.equal(`Skipped: ${count} of ${report.criteria.length} criteria`)
      const told = lines.slice(1).map((line) => 1 + Number(/ and (\d+) more: /.exec(line)?.[1] ?? 0))
      expect(told.reduce((sum, each) => sum + each)).to.equal(count)
    }
  })

  it('breaks no word of a terminal of 80 columns, nor a line of a table', () => {
    const report = exampleReport('lossy')
    const [phase] = report.phases
    if (phase === undefined) throw new Error('the example has phases')
    // The longest name of a phase, in a run of a day.
    const name = 'start testpmd and the traffic generator'
    const phases = [phase, { ...phase, name, duration: 86_400_000, outcome: 'interrupted' as const }]
    const text = renderSummary({ ...report, phases }, { colors: false, files, columns: 80 })
    const words = (shown: string) => shown.split(/\s+/)
    expect(words(text)).to.deep.equal(words(renderSummary({ ...report, phases }, { colors: false, files })))
    for (const line of text.split('\n'))
      if (/\s\S/.test(line.trim())) expect(line.length, line).to.be.at.most(80)
  })

  it('says the same in colours', () => {
    const colored = renderSummary(exampleReport('passed'), { colors: true, files })
    expect(colored).to.contain('\x1b[')
    expect(stripVTControlCharacters(colored)).to.equal(
      renderSummary(exampleReport('passed'), { colors: false, files }),
    )
  })

  it('shows foreign packets of the direction in which nothing is sent', () => {
    const report = exampleReport('passed')
    expect(renderSummary(report, { colors: false, files })).not.to.contain('west to east')
    if (report.traffic === undefined) throw new Error('the example has traffic')
    report.traffic.ledger.westToEast.vmRx = 3
    const text = renderSummary(report, { colors: false, files })
    expect(text).to.match(/west to east \(nothing is sent this way: all of it is foreign\)/)
    expect(text).to.match(/VM west arrived +3 +\+3 +on the way to the VM/)
  })

  it('survives texts meant for a terminal', () => {
    const report = exampleReport('error')
    const hostile = {
      ...report,
      failureReasons: ['\x1b[2J\x07gone\r\nnext'],
      warnings: ['x'.repeat(2 ** 20)],
    }
    const text = renderSummary(hostile, { colors: false, files })
    expect(text).not.to.match(/[\x00-\x09\x0b-\x1f\x7f]/)
    expect(text).to.contain('gone next')
    expect(text.length).to.be.below(10_000)
  })

  it('counts as overhead what neither boots a guest nor sends packets', () => {
    expect(ownOverhead(exampleReport('passed').phases)).to.equal(412 + 3120 + 1930)
  })

  it('counts time once where phases overlap, and as overhead only where no guest boots meanwhile', () => {
    const phase = (second: number, seconds: number, spentOn: Phase['spentOn']): Phase => {
      const startedAt = new Date(second * 1000).toISOString()
      return { name: 'a phase', startedAt, duration: seconds * 1000, spentOn, outcome: 'done' }
    }
    const reboot = phase(0, 30, 'guest')
    expect(ownOverhead([reboot, phase(20, 15, 'suite')])).to.equal(5000)
    expect(ownOverhead([phase(31, 2, 'suite'), phase(30, 4, 'suite'), reboot])).to.equal(4000)
    expect(ownOverhead([])).to.equal(0)
  })
})

const LOSSY = `
Cluster: Kubernetes v1.32.1, KubeVirt of unknown version (no permission to read KubeVirt's configuration)
VM under test: on node worker-1, DPDK 22.11.11, quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main@sha256:1d1d1d1d1d1d…
Traffic generator: on node worker-2, pktgen, quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main

Traffic: pktgen, 60-byte frames
  requested 10,000 packets/s for 10s
  sent      9,998 packets/s for 10s
  headroom  CPUs 4, 5 were busy 41 % of the time, at least 91 % of their polls found nothing
Ledger, east to west   packets   lost
  generator east tx    100,000
  → VM east arrived    100,000      0
  → VM east rx         100,000      0
  → VM west forwarded  100,000      0
  → VM west tx          98,958  1,042  TX drops at the VM  ◀ first loss
  → generator west rx   98,958      0
Errors: generator output 0 · generator input 0 · VM RX 0 · VM RX without a free mbuf 0

✘ the VM under test drops no packets on send [traffic.no-tx-drops]
  TX drops at the VM under test: 1042 packets were forwarded and not accepted by the port
  Evidence:
    dropped on transmit: 1042

✘ every packet returns to the traffic generator [traffic.no-return-loss]
  1042 of 100000 packets were lost end to end
  Evidence:
    sent by the traffic generator: 100000
    back at the traffic generator: 98958

Phases, in seconds:
┌────────────────────────────────────┬─────┬─────┬─────────┬────────┐
│phase                               │from │took │spent on │outcome │
├────────────────────────────────────┼─────┼─────┼─────────┼────────┤
│create the VMIs                     │ 0.0 │ 0.4 │suite    │done    │
│boot the guests                     │ 0.4 │41.3 │guest    │done    │
│bind the ports, count the hugepages │41.7 │ 3.1 │suite    │done    │
│send packets                        │44.8 │10.0 │traffic  │done    │
│remove the testbed                  │54.8 │ 1.9 │suite    │done    │
└────────────────────────────────────┴─────┴─────┴─────────┴────────┘
suite's own overhead: 5.5 s (all phases less guest and traffic)

Warnings:
  no permission to read the events of the namespace

Reports:
  reports/report.json
  /elsewhere/junit_dpdk-checkup.xml

Verdict: failed — the cluster is not ready for DPDK workloads (3 passed, 2 failed)

Because:
  traffic.no-tx-drops: TX drops at the VM under test: 1042 packets were forwarded and not accepted by the port
  traffic.no-return-loss: 1042 of 100000 packets were lost end to end
`
const ERROR = `
Cluster: Kubernetes v1.32.1, KubeVirt of unknown version (no permission to read KubeVirt's configuration)
VM under test: quay.io/kiagnose/kubevirt-dpdk-checkup-vm:main
Traffic generator: quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main

! the VM under test is scheduled and becomes ready [scheduling.vm-under-test-ready]
  waiting for VMI demo/vmi-under-test-x7k2p to be ready: last saw phase Pending, PodScheduled=False (Insufficient hugepages-1Gi); since then no answer from the API server after 2m
  Evidence:
    condition PodScheduled: False: Insufficient hugepages-1Gi

Skipped: 2 of 4 criteria
  guest.vm-under-test-cpus and 1 more: the VM under test is not ready

Phases, in seconds:
┌───────────────────┬──────┬──────┬─────────┬────────┐
│phase              │ from │ took │spent on │outcome │
├───────────────────┼──────┼──────┼─────────┼────────┤
│create the VMIs    │  0.0 │  0.4 │suite    │done    │
│boot the guests    │  0.4 │120.0 │guest    │failed  │
│remove the testbed │120.4 │  1.9 │suite    │done    │
└───────────────────┴──────┴──────┴─────────┴────────┘
suite's own overhead: 2.3 s (all phases less guest and traffic)

Left behind:
  ConfigMap demo/vmi-under-test-config-x7k2p

Reports:
  reports/report.json
  /elsewhere/junit_dpdk-checkup.xml

Verdict: error — the suite could not judge the cluster (1 passed, 1 error, 2 skipped)

Because:
  scheduling.vm-under-test-ready: waiting for VMI demo/vmi-under-test-x7k2p to be ready: last saw phase Pending, PodScheduled=False (Insufficient hugepages-1Gi); since then no answer from the API server after 2m
`
