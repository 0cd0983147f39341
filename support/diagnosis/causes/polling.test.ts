/** The causes of packets that were not fetched in time, from the lcores' headroom and the NIC's capabilities. */
import { expect } from 'chai'
import type { Headroom, Traffic } from '../../model/traffic.ts'
import { diagnose } from '../diagnose.ts'
import type { TestpmdFindings } from '../findings.ts'
import { traffic } from '../findings.fixture.ts'
import { lossy, spare, spread } from '../proofs.fixture.ts'

const DROPPED = { vmRx: 19_800, vmRxDropped: 200, vmTx: 19_800, generatorRx: 19_800 }

function testpmdOn(driver: string, rssTypes?: readonly string[]): TestpmdFindings {
  const port = { mac: '60:00:00:00:00:01', link: 'up', driver, ...(rssTypes && { rssTypes }) } as const
  const plannedMacs = { east: port.mac, west: port.mac }
  return { plannedMacs, queues: 4, streams: [], ports: { east: port, west: port } }
}

function causes(measured: Partial<Traffic>, testpmd = testpmdOn('net_iavf', ['ipv4', 'ipv4-udp'])) {
  return diagnose(lossy('traffic.no-rx-drops', traffic(DROPPED, measured), { testpmd }))
}
const ids = (...given: Parameters<typeof causes>) => causes(...given).map(({ id }) => id)

describe('packets that were not fetched in time', () => {
  it('are RSS’s fault only where one core is saturated and others are not', () => {
    expect(ids({ queues: spread(15_000, 4800), headroom: spare(0, 80) })).to.deep.equal(['rx-queues-uneven'])
    expect(ids({ queues: spread(15_000, 4800), headroom: spare(0, 0, 0, 0) })).to.deep.equal(['pmd-too-slow'])
    expect(ids({ queues: spread(15_000, 4800), headroom: spare(40, 80) })).to.deep.equal(['polling-stalls'])
    expect(ids({ queues: spread(15_000, 4800) })).to.deep.equal(['pmd-too-slow'])
    // The queue with the most packets has spare time; another one is saturated although it gets fewer.
    expect(ids({ queues: spread(15_000, 4800), headroom: spare(40, 0) })).to.deep.equal(['pmd-too-slow'])
  })

  it('are first of all the core’s that had to do it all, where the NIC has no RSS', () => {
    const measured = { queues: spread(19_800), headroom: spare(0) }
    const [first, second, ...others] = causes(measured, testpmdOn('net_vmxnet3', ['ipv4', 'ipv4-tcp']))
    expect(others).to.deep.equal([])
    expect(first).to.include({
      id: 'pmd-too-slow',
      sentence:
        'CPU 4 of the VM under test had no time to spare: more than 99 % of its polls found packets; ' +
        '200 of 20,000 packets (1 %) were dropped because they were not fetched in time (imissed)',
    })
    expect(first?.remedy).to.match(/vmxnet3 is emulated by the host’s software.*no RSS.*lower rate/)
    expect(second?.id).to.equal('rx-queues-uneven')
    for (const cause of [first, second]) expect(cause?.remedy).to.not.match(/ethtool|<pf>|NUMA/)
  })

  it('are those of a core that packets took all the time of, though some polls found no packet', () => {
    const measured = (busyPercent: number) => ({
      queues: spread(19_800),
      headroom: { ...spare(40), busyPercent },
    })
    const [first] = causes(measured(97), testpmdOn('net_virtio', []))
    expect(first?.id).to.equal('pmd-too-slow')
    expect(first?.sentence).to.match(
      /CPU 4 .* had no time to spare: it spent 97 % of its time on packets; 200/,
    )
    expect(ids(measured(75))).to.deep.equal(['polling-stalls'])
    expect(causes(measured(75))[0]?.sentence).to.match(/found no packet, and packets took 75 % of the time/)
  })

  it('are cores too slow for the packets that arrived, by the measured cycles per packet (recorded)', () => {
    const eastToWest = { generatorTx: 362_385, vmRx: 222_482, vmRxDropped: 139_903, vmTx: 222_482 }
    const each = (count: number, value: number) => Array.from({ length: count }, () => value)
    const recorded = (sentFor: number, cpus: number): Partial<Traffic> => ({
      sentFor,
      queues: spread(...each(cpus, 222_482 / cpus)),
      headroom: {
        ...spare(...each(cpus, 99)),
        busyPercent: 86,
        cyclesPerPacket: 430_390.03,
        clockMHz: 2600,
      },
      ledger: { ...traffic(eastToWest).ledger },
    })
    const [first] = causes(recorded(44_080, 1), testpmdOn('net_vmxnet3', ['ipv4']))
    expect(first?.id).to.equal('pmd-too-slow')
    expect(first?.sentence).to.match(
      /CPU 4 .*: a packet takes it 430,390 cycles, so it can forward 6,041 packets\/s, and 8,221 packets\/s came; 139,903/,
    )
    // Two lcores could have fetched them, and even one if they had arrived more slowly.
    expect(ids(recorded(44_080, 2), testpmdOn('net_vmxnet3', ['ipv4']))).to.deep.equal(['polling-stalls'])
    expect(ids(recorded(60_000, 1), testpmdOn('net_vmxnet3', ['ipv4']))).to.deep.equal(['polling-stalls'])
  })

  it('are blamed on the host where its software is the NIC, and cores had time to spare', () => {
    const [first] = causes(
      { queues: spread(19_800), headroom: spare(62) },
      testpmdOn('net_vmxnet3', ['ipv4']),
    )
    expect(first?.id).to.equal('polling-stalls')
    expect(first?.remedy).to.match(/QEMU’s vmxnet3 is emulated by the host’s software.*lower rate/)
  })

  it('overflow the ring that the NIC has, where it takes fewer descriptors than are asked for', () => {
    const measured = { queues: spread(19_800), headroom: spare(62), requestedPacketsPerSecond: 10_000 }
    const lasts = (testpmd: TestpmdFindings) =>
      causes(measured, testpmd)[0]?.evidence.find(
        ({ what }) => what === 'the shortest stop that overflows an RX ring',
      )?.value
    const testpmd = testpmdOn('net_ena')
    expect(lasts(testpmd)).to.equal('205ms at this rate')
    expect(lasts({ ...testpmd, rxDescriptors: 1024 })).to.equal('102ms at this rate')
  })

  it('have the remedy for RSS that the NIC can have', () => {
    const measured = { queues: spread(15_000, 4800), headroom: spare(0, 80) }
    const remedy = (testpmd: TestpmdFindings) => causes(measured, testpmd)[0]?.remedy
    expect(remedy(testpmdOn('net_iavf', ['ipv4-udp']))).to.match(/ethtool -n <pf> rx-flow-hash udp4/)
    expect(remedy(testpmdOn('mlx5_pci'))).to.match(/ethtool/)
    expect(remedy(testpmdOn('net_nfp_vf', ['ipv4']))).to.match(/net_nfp_vf does not hash UDP ports/)
  })

  it('are shown with the polls of each queue, and the cycles of a packet', () => {
    const headroom: Headroom = { ...spare(0), cyclesPerPacket: 212.4, clockMHz: 2600 }
    const [first] = causes({ headroom })
    expect(first?.evidence.slice(0, 4)).to.deep.equal([
      {
        what: 'polls of east queue 0 (CPU 4) that found no packet',
        value: 'less than 1 % of 3,000,000 polls in 8s',
      },
      { what: 'RX-dropped', value: '200' },
      { what: 'cycles per packet', value: '212.4' },
      { what: 'clock of its CPUs', value: '2600 MHz' },
    ])
  })

  it('tell how long a stop has to last where the core had time to spare', () => {
    const [only] = causes({ queues: spread(14_850, 4950), headroom: spare(62, 91) })
    expect(only?.evidence.at(-1)).to.deep.equal({
      what: 'the shortest stop that overflows an RX ring',
      value: '273ms at this rate',
    })
  })

  it('have a possible cause only where polls were not counted, and that is said', () => {
    const [only, ...others] = causes({
      headroom: { unknown: 'this testpmd does not count polls', queues: [] },
    })
    expect(others).to.deep.equal([])
    expect(only?.sentence).to.match(/because testpmd’s 4 cores did not fetch them in time/)
    expect(only?.evidence[0]).to.deep.equal({
      what: 'headroom',
      value: 'unknown: this testpmd does not count polls',
    })
  })
})
