import { expect } from 'chai'
import { DEFAULT_FRAMES, framesOf, IMIX } from '../../../model/frame.ts'
import { newTargetCommand, planThreads, type SendingPort, setUpCommand, shareCpus } from './threads.ts'

const TARGET = '60:00:00:00:00:01'
const WEST_TARGET = '60:00:00:00:00:02'
const RUN = { packetsPerSecond: 10_000, duration: 10_000 }

const eth1 = (cpus: readonly number[], queues: number, flows: number): SendingPort => ({
  port: 'east',
  name: 'eth1',
  cpus,
  queues,
  flows,
})

describe('threads of pktgen', () => {
  const FAST = { packetsPerSecond: 8_000_000, duration: 1000 }

  it('are as few as carry the rate', () => {
    expect(planThreads(RUN, eth1([4, 5], 4, 1024))).has.length(1)
    const threads = planThreads(FAST, eth1([4, 5, 6], 4, 1024))
    expect(threads.map(({ device, cpu }) => [device, cpu])).deep.equals([
      ['eth1@0', 4],
      ['eth1@1', 5],
      ['eth1@2', 6],
    ])
    expect(threads.reduce((sum, { packets }) => sum + packets, 0)).equals(8_000_000)
    expect(threads.every(({ packetsPerSecond }) => packetsPerSecond === 2_666_667)).equals(true)
  })

  it('share the flows, so that each is sent by one of them', () => {
    const ports = planThreads(FAST, eth1([4, 5, 6], 4, 1024)).map((thread) => {
      const [, first, end] =
        /'udp_dst_min (\d+)' 'udp_dst_max (\d+)'/.exec(setUpCommand(thread, TARGET, DEFAULT_FRAMES)) ?? []
      return [Number(first), Number(end)]
    })
    expect(ports).deep.equals([
      [1026, 1368],
      [1368, 1709],
      [1709, 2050],
    ])
  })

  it('are no more than the interface has queues, nor than there are flows', () => {
    expect(planThreads(FAST, eth1([4, 5, 6], 1, 1024))).has.length(1)
    expect(planThreads(FAST, eth1([4, 5, 6], 4, 2)).map(({ flows }) => flows)).deep.equals([1, 1])
  })

  it('stay as many where they are there already, unless that leaves one without a packet', () => {
    const slow = { packetsPerSecond: 1000, duration: 1000 }
    expect(planThreads(slow, eth1([4, 5, 6], 4, 1024), 3).map(({ packets }) => packets)).deep.equals([
      334, 333, 333,
    ])
    expect(planThreads({ ...slow, packetsPerSecond: 2 }, eth1([4, 5, 6], 4, 1024), 3)).has.length(2)
  })

  it('send frames of the sizes that are asked for, without the FCS', () => {
    const [thread] = planThreads(RUN, eth1([4], 1, 1024))
    if (thread === undefined) expect.fail('no thread')
    expect(setUpCommand(thread, TARGET, framesOf(1518))).includes("'pkt_size 1514' 'clone_skb 0'")
    expect(setUpCommand(thread, TARGET, IMIX)).includes("'imix_weights 60,28 566,16 1514,4' 'clone_skb 0'")
  })

  it('of two ports share the CPUs', () => {
    expect(shareCpus(['east'], [4, 5, 6])).deep.includes({ east: [4, 5, 6] })
    expect(shareCpus(['east', 'west'], [4, 5, 6])).deep.equals({ east: [4, 6], west: [5] })
    expect(shareCpus(['east', 'west'], [4])).deep.equals({ east: [4], west: [4] })
  })

  it('send to other addresses once they are set up, each to that of its port', () => {
    const request = { packetsPerSecond: 1000, duration: 1000 }
    const threads = (['east', 'west'] as const).flatMap((port) =>
      planThreads(request, { port, name: `${port}0`, cpus: [6], queues: 1, flows: 1 }),
    )
    const command = newTargetCommand(threads, { east: TARGET, west: WEST_TARGET })
    expect(command.split(' && ')).to.deep.equal([
      "echo 'dst_mac 60:00:00:00:00:01' > /proc/net/pktgen/east0@0",
      "echo 'dst_mac 60:00:00:00:00:02' > /proc/net/pktgen/west0@0",
    ])
  })

  it('have nothing of the testbed in their commands that is not checked or quoted', () => {
    const [thread] = planThreads(RUN, eth1([4], 1, 1024))
    if (thread === undefined) expect.fail('no thread')
    expect(() => setUpCommand(thread, "'; reboot", DEFAULT_FRAMES)).throws(TypeError)
    expect(() => setUpCommand({ ...thread, packets: 0 }, TARGET, DEFAULT_FRAMES)).throws(TypeError)
  })
})
