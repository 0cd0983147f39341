import { expect } from 'chai'
import type { TestpmdCounters } from './counters.ts'
import { queuesOf, spreadWarning, unevenQueue } from './queue-spread.ts'

const PORT = { rxPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txPackets: 0, txDropped: 0 }
const WORKERS = [4, 5, 6, 7]
const VF = { driver: 'net_iavf', rssTypes: ['ipv4', 'ipv4-udp'] }
const VMXNET3 = { driver: 'net_vmxnet3', rssTypes: ['ipv4'] }

/** Packets by queue of the east port. */
function counters(...packets: readonly number[]): TestpmdCounters {
  const total = packets.reduce((sum, count) => sum + count, 0)
  return {
    east: { ...PORT, rxPackets: total },
    west: { ...PORT, txPackets: total },
    streams: packets.flatMap((rxPackets, rxQueue) =>
      rxPackets === 0
        ? []
        : [
            {
              rxPort: 0,
              rxQueue,
              txPort: 1,
              txQueue: rxQueue,
              txDropped: 0,
              rxPackets,
              txPackets: rxPackets,
            },
          ],
    ),
  }
}

const queues = (nic: object, ...packets: readonly number[]) => queuesOf(counters(...packets), 4, WORKERS, nic)

describe('the spread of packets over RX queues', () => {
  it('tells each queue with the CPU that polls it', () => {
    expect(queues(VF, 10, 0, 30, 20)).to.deep.equal({
      configured: 4,
      nic: 'Intel’s iavf VF',
      rss: 'udp-ports',
      received: [
        { port: 'east', queue: 0, cpu: 4, packets: 10 },
        { port: 'east', queue: 2, cpu: 6, packets: 30 },
        { port: 'east', queue: 3, cpu: 7, packets: 20 },
      ],
    })
  })

  it('takes the port’s count where testpmd tells of no streams: then it has one queue', () => {
    const oneQueue = queuesOf({ ...counters(50), streams: [] }, 1, WORKERS, {})
    expect(oneQueue.received).to.deep.equal([{ port: 'east', queue: 0, cpu: 4, packets: 50 }])
    expect(spreadWarning(oneQueue)).to.equal(undefined)
  })

  it('is uneven from 1.5 times the mean of all queues on', () => {
    expect(unevenQueue(queues(VF, 375, 225, 200, 200))).to.equal(undefined)
    expect(unevenQueue(queues(VF, 224, 376, 200, 200))).to.deep.include({
      queue: 1,
      cpu: 5,
      timesMean: 1.504,
    })
    expect(unevenQueue(queues(VF, 0, 0, 0, 0))).to.equal(undefined)
  })

  it('warns by what the NIC can', () => {
    expect(spreadWarning(queues(VF, 250, 250, 250, 250))).to.equal(undefined)
    expect(spreadWarning(queues(VF, 700, 100, 100, 100))).to.equal(
      'queue 0 of 4 of the VM under test’s east port received 700 of 1,000 packets, 2.8 times the mean: ' +
        'RSS of Intel’s iavf VF spread the flows unevenly, so CPU 4 does more than its share of the work',
    )
    expect(spreadWarning(queues(VMXNET3, 1000))).to.equal(
      'all packets came in on queue 0 of 4 of the VM under test’s east port: ' +
        'QEMU’s vmxnet3 has no RSS to spread them, so CPU 4 forwards them all',
    )
    expect(spreadWarning(queues({ driver: 'x', rssTypes: ['ipv4'] }, 1000))).to.match(
      /does not hash UDP ports/,
    )
    expect(spreadWarning(queues({}, 1000))).to.match(/the NIC spread the flows unevenly/)
  })
})
