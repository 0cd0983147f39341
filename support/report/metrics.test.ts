import { expect } from 'chai'
import fc from 'fast-check'
import { exampleCapacity } from './capacity.fixture.ts'
import { exampleReport } from './example.fixture.ts'
import { renderMetrics } from './metrics.ts'

const NAME = '[a-z_]+'
const LABEL = String.raw`${NAME}="(?:[^"\\\n]|\\["\\n])*"`
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{${LABEL}(?:,${LABEL})*\})? -?\d+(?:\.\d+)?(?:e[+-]\d+)?$`)
const ABOUT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`)

/** The names of the families; each line has to be as Prometheus reads it. */
function families(text: string): string[] {
  expect(text.endsWith('\n')).to.equal(true)
  const names: string[] = []
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, about = '', value] = ABOUT.exec(line) ?? []
    if (kind === 'HELP') {
      expect(names, 'each family once').not.to.include(about)
      names.push(about)
      continue
    }
    if (kind === 'TYPE') expect([about, value]).to.deep.equal([names.at(-1), 'gauge'])
    else expect(SAMPLE.exec(line)?.[1], line).to.equal(names.at(-1))
  }
  return names
}

describe('metrics for Prometheus', () => {
  it('have the figures of a run', () => {
    const text = renderMetrics({ ...exampleReport('lossy'), capacity: exampleCapacity() })
    expect(families(text)).to.include('dpdk_checkup_capacity_packets_per_second')
    expect(text.split('\n')).to.include.members([
      'dpdk_checkup_verdict{verdict="failed"} 1',
      'dpdk_checkup_verdict{verdict="passed"} 0',
      'dpdk_checkup_criterion_outcome{criterion="traffic.no-tx-drops",outcome="failed"} 1',
      'dpdk_checkup_lost_packets{direction="east-to-west"} 1042',
      'dpdk_checkup_loss_ratio{direction="east-to-west"} 0.01042',
      'dpdk_checkup_hop_packets{direction="east-to-west",hop="generator east tx"} 100000',
      'dpdk_checkup_capacity_packets_per_second{goal="NDR",bound="lower"} 7266600',
      'dpdk_checkup_start_timestamp_seconds 1772600767',
    ])
  })

  it('leave out what was not measured', () => {
    const names = families(renderMetrics(exampleReport('error')))
    expect(names).to.include('dpdk_checkup_verdict')
    expect(names.join()).not.to.match(/loss|hop|capacity/)
  })

  it('can be read whatever a cluster calls things', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (namespace) => {
        const report = exampleReport('passed')
        families(renderMetrics({ ...report, cluster: { ...report.cluster, namespace } }))
      }),
    )
  })
})
