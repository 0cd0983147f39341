import { expect } from 'chai'
import { identityLine, planLine } from './header.ts'
import { rateText } from './groups.ts'

describe('the first lines of a run', () => {
  it('name suite and cluster as far as they are known', () => {
    const suite = { name: 'kubevirt-dpdk-checkup', version: '0.2.0' }
    const cluster = { namespace: 'dpdk', configMap: 'c' }
    expect(identityLine({ suite, cluster })).to.equal('dpdk-checkup 0.2.0    namespace dpdk')
    expect(identityLine({ suite, cluster: { ...cluster, apiHost: '10.0.0.1:443' } })).to.equal(
      'dpdk-checkup 0.2.0    cluster at 10.0.0.1:443, namespace dpdk',
    )
    const known = { suite: { ...suite, commit: '36360b3a1c4f' }, cluster: { ...cluster, name: 'prod-1' } }
    expect(identityLine(known)).to.equal('dpdk-checkup 0.2.0 (36360b3)    cluster prod-1, namespace dpdk')
  })

  it('say how long it takes, mostly and at most', () => {
    const plan = {
      networks: ['east', 'west'],
      engine: 'trex',
      packetsPerSecond: 500,
      directions: 1 as const,
      testDuration: 300_000,
    }
    expect(planLine({ ...plan, timeout: 900_000, usual: 482_000 })).to.equal(
      'networks east and west, trex 500 pps for 5m. Takes about 8m, at most 15m.',
    )
    for (const usual of [undefined, 482_000])
      expect(planLine({ ...plan, timeout: 450_000, usual })).to.match(/\. Takes at most 7m30s\.$/)
  })

  it('give rates with three digits', () => {
    const rates = [999, 999.6, 9995, 10_000, 123_456, 999_499, 999_600, 8e6, 14_880_952]
    expect(rates.map(rateText).join(', ')).to.equal(
      '999 pps, 1.00 kpps, 10.0 kpps, 10.0 kpps, 123 kpps, 999 kpps, 1.00 Mpps, 8.00 Mpps, 14.9 Mpps',
    )
  })
})
