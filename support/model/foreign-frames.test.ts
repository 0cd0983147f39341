import { expect } from 'chai'
import { foreignAmong } from './foreign-frames.ts'

const none = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
const errors = { generatorOutputErrors: 0, generatorInputErrors: 0, vmRxErrors: 0, vmRxNoMbuf: 0 }

function traffic(
  packets: number,
  [eastRx, westTx]: readonly [number, number],
  east: Record<string, number> = {},
) {
  const eastToWest = { ...none, generatorTx: packets, vmRx: packets, vmTx: packets, generatorRx: packets }
  return {
    ledger: { eastToWest, westToEast: none, ...errors },
    vmBytes: { eastRx, westTx },
    vmDriverCounters: { east, west: {} },
  }
}

describe('foreign frames in the place of lost ones', () => {
  it('are seen by their size, on both ports alike', () => {
    expect(foreignAmong(traffic(1000, [60_030, 60_030]))).to.include('60030 bytes on receive')
    // One port's driver counts the FCS.
    expect(foreignAmong(traffic(1000, [60_030, 64_030]))).to.include('64030 on transmit')
    expect(foreignAmong(traffic(1000, [60_600, 60_600]))).to.be.a('string')
  })

  it('are not made of what drivers count in their own way', () => {
    for (const bytes of [
      [60_000, 60_000],
      [64_000, 60_000],
      [80_000, 80_000],
      // Not counted at all, or differently on both ports.
      [0, 0],
      [60_000, 0],
      [60_300, 60_000],
      [61_111, 60_222],
    ] as const)
      expect(foreignAmong(traffic(1000, bytes)), bytes.join()).to.equal(undefined)
    expect(foreignAmong(traffic(0, [90, 90]))).to.equal(undefined)
  })

  it('are seen by whom they are for, where the counts add up to all packets', () => {
    const bytes = [60_000, 60_000] as const
    const cast = { rx_unicast_packets: 997, rx_multicast_packets: 2, rx_broadcast_packets: 1 }
    expect(foreignAmong(traffic(1000, bytes, cast))).to.match(
      /^3 packets of the 1,000 received were multicast or broadcast/,
    )
    const virtio = { rx_q0_good_packets: 600, rx_q1_good_packets: 400, rx_q1_broadcast_packets: 1 }
    expect(foreignAmong(traffic(1000, bytes, virtio))).to.match(/^1 packet /)
    // Counted by the port, and filtered before they were received.
    expect(foreignAmong(traffic(1000, bytes, { ...cast, rx_unicast_packets: 1000 }))).to.equal(undefined)
    expect(foreignAmong(traffic(1000, bytes, { rx_unicast_packets: 1000 }))).to.equal(undefined)
  })
})
