/** The cause that is named if testpmd has no port and a driver was disabled because rdma-core is missing. */
import { expect } from 'chai'
import { diagnose } from '../diagnose.ts'
import { criterion, failure, findings, guest } from '../findings.fixture.ts'

const UNKNOWN = { speed: undefined, width: undefined, maxSpeed: undefined, maxWidth: undefined }

function causes(ids: string | undefined): readonly string[] {
  const port = { port: 'east', isEmulated: false, carrierChanges: undefined, ...UNKNOWN } as const
  const words = ids === undefined ? {} : { evidence: { pci: [{ ...port, ids }] } }
  const testpmd = {
    classification: 'no-port-without-verbs',
    lines: ['mlx5_common: Cannot load glue library'],
  }
  return diagnose(
    findings({
      criteria: [criterion('traffic.no-loss')],
      failures: [failure('testpmd-start-failed', 'it has none', { testpmd })],
      guests: { 'vm-under-test': guest(words) },
    }),
  ).map(({ id }) => id)
}

describe('a testpmd without ports whose driver for NVIDIA’s NICs was left out', () => {
  it('lacks rdma-core where the ports are NVIDIA’s, and the ports’ own driver where they are others', () => {
    expect(causes('15b3:101e')[0]).to.equal('verbs-missing')
    expect(causes('8086:1889')).to.deep.equal(['no-dpdk-port'])
    expect(causes(undefined)).to.deep.equal(['no-dpdk-port'])
  })
})
