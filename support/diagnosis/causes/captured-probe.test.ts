import { expect } from 'chai'
import type { LatencyReading } from '../../dataplane/traffic-generator.ts'
import { diagnose } from '../diagnose.ts'
import { traffic } from '../findings.fixture.ts'
import { lossy } from '../proofs.fixture.ts'

const LOST: LatencyReading = {
  from: 'east',
  method: 'samples',
  figures: { measured: 195, percentiles: [] },
  sent: 200,
  lost: [{ first: 58, last: 62 }],
}

describe('a probe whose packets were captured', () => {
  const causesOf = (captured: readonly LatencyReading[]) =>
    diagnose(
      lossy('traffic.no-loss', traffic({ vmRx: 19_000, vmTx: 19_000, generatorRx: 19_000 }), { captured }),
    )

  it('tells beside the counts which of its packets were lost', () => {
    const [cause] = causesOf([LOST])
    expect(cause?.evidence).to.deep.include({
      what: 'lost of the probe',
      value: '5 of 200, one after the other: 58 to 62',
    })
  })

  it('is not mixed up with that of the other direction', () => {
    const [cause] = causesOf([{ ...LOST, from: 'west' }])
    expect(cause?.evidence.map(({ what }) => what))
      .to.include('VM east rx')
      .and.not.include('lost of the probe')
  })
})
