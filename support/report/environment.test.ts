import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { environmentOf } from './environment.ts'
import { exampleReport } from './example.fixture.ts'

describe('the environment of a report', () => {
  it('is the same text for the same facts, whatever their order and the names of the run', () => {
    const report = exampleReport('passed')
    const nodes = [
      { name: 'worker-2', kernel: '6.1' },
      { kernel: '6.1', name: 'worker-1' },
    ]
    const again = {
      ...report,
      nodes: nodes.toReversed(),
      guests: report.guests.map((guest) => ({ ...guest, vmiName: `${guest.vmiName}-again` })),
    }
    const { json, digest } = environmentOf({ ...report, nodes })
    expect(environmentOf(again)).to.deep.equal({ json, digest })
    expect(digest).to.equal(`sha256:${createHash('sha256').update(json).digest('hex')}`)
    expect(environmentOf({ ...report, nodes: [{ name: 'worker-1', kernel: '6.2' }] }).digest).not.to.equal(
      digest,
    )
  })

  it('has models and firmware of the guests’ NICs, and the image that ran', () => {
    const report = exampleReport('passed')
    const nic = { port: 'east', pciAddress: '0000:06:00.0', mac: '50:00:00:00:00:01' } as const
    const nics = [{ ...nic, device: '8086:154c', firmware: '9.20 0x8000d95e 1.3353.0' }]
    const image = `registry.example/kubevirt-dpdk-checkup@sha256:${'a'.repeat(64)}`
    const suite = { ...report.suite, image }
    const guests = report.guests.map((guest) => ({ ...guest, nics }))
    expect(environmentOf({ ...report, suite, guests }).json)
      .to.include('"device":"8086:154c"')
      .and.include('"firmware":"9.20 0x8000d95e 1.3353.0"')
      .and.include(`"image":"${image}"`)
  })
})
