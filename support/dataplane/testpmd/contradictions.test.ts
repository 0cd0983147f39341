import { expect } from 'chai'
import { contradictionsOf } from './contradictions.ts'

const port = { rxPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txPackets: 0, txDropped: 0 }
const nicPort = {
  rxPackets: 0,
  rxBytes: 0,
  rxMissed: 0,
  rxErrors: 0,
  rxNoMbuf: 0,
  txPackets: 0,
  txBytes: 0,
  txErrors: 0,
}
const stream = { rxPort: 0, rxQueue: 0, txPort: 1, txQueue: 0, rxPackets: 50, txPackets: 50, txDropped: 0 }
const streams = [stream, { ...stream, rxQueue: 1, txQueue: 1 }]
const forward = (packets: number) => ({
  east: { ...port, rxPackets: packets },
  west: { ...port, txPackets: packets },
  streams,
})
const nic = (packets: number) => ({
  east: { ...nicPort, rxPackets: packets },
  west: { ...nicPort, txPackets: packets },
})

describe("testpmd's counts of the same packets", () => {
  it('agree where each way of counting has seen the same', () => {
    const counters = forward(100)
    expect(contradictionsOf({ first: counters, counters, nic: nic(100), read: counters })).to.deep.equal({
      ofTheTraffic: [],
      others: [],
    })
  })

  it('contradict each other where the NIC statistics lie outside of what was read before and behind them', () => {
    const counters = forward(100)
    const found = contradictionsOf({ first: counters, counters, nic: nic(99), read: counters })
    expect(found.ofTheTraffic).to.deep.equal([
      "packets received on the east port of the VM under test: 100 by testpmd's forwarding statistics, 99 by its NIC statistics",
      "packets sent on the west port of the VM under test: 100 by testpmd's forwarding statistics, 99 by its NIC statistics",
    ])
    const between = contradictionsOf({ first: forward(98), counters, nic: nic(99), read: counters })
    expect(between.ofTheTraffic).to.deep.equal([])
  })

  it('contradict each other where a line that only errors have was not read', () => {
    const counters = forward(100)
    const errors = { ...nic(100), west: { ...nic(100).west, rxErrors: 3 } }
    expect(
      contradictionsOf({ first: counters, counters, nic: errors, read: counters }).ofTheTraffic,
    ).to.deep.equal([
      "receive errors on the west port of the VM under test: 0 by testpmd's forwarding statistics, 3 by its NIC statistics",
    ])
  })

  it('are no more than a remark where they are of frames that others send', () => {
    const counters = { ...forward(100), west: { ...port, txPackets: 100, rxPackets: 7 } }
    const found = contradictionsOf({ first: counters, counters, nic: nic(100), read: forward(100) })
    expect(found.ofTheTraffic).to.deep.equal([])
    expect(found.others[0]).to.match(/^packets received on the west port .*: 7 by .*, 0 by /)
  })

  it('tell where the engine has seen others than its ports, as far as streams are told of', () => {
    const counters = forward(101)
    const found = contradictionsOf({ first: counters, counters, nic: nic(101), read: counters })
    expect(found.others[0]).to.equal(
      "packets received on the east port of the VM under test: 100 by testpmd's streams, 101 by the port",
    )
    expect(found.others).to.have.length(2)
    const silent = { ...counters, streams: [] }
    expect(
      contradictionsOf({ first: silent, counters: silent, nic: nic(101), read: silent }).others,
    ).to.deep.equal([])
  })
})
