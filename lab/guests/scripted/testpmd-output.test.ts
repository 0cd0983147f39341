import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { NIC_MODELS } from './nic-models.ts'
import {
  extendedStatistics,
  forwardingStarted,
  forwardStatistics,
  GOODBYE,
  portsConfigured,
  portStatistics,
  STOPPING,
} from './testpmd-output.ts'
import { portInfo } from './testpmd-port-info.ts'

const FOLDER = new URL('../../../fixtures/transcripts/testpmd/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8').replaceAll('\r', '')
const LOSSLESS = read('mac-forward-vmxnet3-4q.lossless.serial')
const LOSSY = read('mac-forward-virtio-1q.tx-dropped.serial')

/** The recorded answers to a command. */
function answers(transcript: string, command: string): string[] {
  return transcript
    .split('testpmd> ')
    .filter((part) => part.startsWith(`${command}\n`))
    .map((part) => part.slice(command.length + 1))
}

/** The lines with their numbers replaced. */
function kindsOfLines(answer: string): string[] {
  return answer
    .replace(/\n *CPU cycles.*\n/, '')
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/(-bursts : \d+ \[\d+% of 0 pkts).*\]/, '$1]').replace(/\d+ */g, '#'))
}

const counts = {
  rxMissed: 0,
  rxErrors: 0,
  rxNoMbuf: 0,
  txDropped: 0,
  txErrors: 0,
  rxSurplus: 0,
  txSurplus: 0,
}
const idle = { rxPerSecond: 0, txPerSecond: 0 }

describe("simulated testpmd's output", () => {
  it('is the recorded one, byte for byte, where nothing is lost', () => {
    const recorded = answers(LOSSLESS, 'show fwd stats all')
    expect(recorded).to.have.length.above(3)
    for (const answer of recorded) {
      const packets = Number(/RX-packets: (\d+)/.exec(answer)?.[1])
      const stream = { rxPort: 0, txPort: 1, rxPackets: packets, txPackets: packets, txDropped: 0 }
      const ports = [
        { ...counts, rxPackets: packets, txPackets: 0 },
        { ...counts, rxPackets: 0, txPackets: packets },
      ]
      expect(forwardStatistics([stream], ports, 4)).to.equal(answer)
    }
  })

  it('is the recorded one where testpmd dropped packets on its only queue', () => {
    const recorded = answers(LOSSY, 'show fwd stats all')
    expect(recorded).to.have.length.above(3)
    for (const answer of recorded) {
      const rxPackets = Number(/RX-packets: (\d+)/.exec(answer)?.[1])
      const [txPackets, txDropped] = [...answer.matchAll(/TX-packets: (\d+) +TX-dropped: (\d+)/g)]
        .map(([, sent, dropped]) => [Number(sent), Number(dropped)] as const)
        .find(([sent]) => sent > 0) ?? [0, 0]
      const stream = { rxPort: 0, txPort: 1, rxPackets, txPackets, txDropped }
      const ports = [
        { ...counts, rxPackets, txPackets: 0 },
        { ...counts, rxPackets: 0, txPackets, txDropped },
      ]
      expect(forwardStatistics([stream], ports, 1)).to.equal(answer)
    }
  })

  for (const [name, queues] of [
    ['burst-stats-vmxnet3-4q.lossless.txt', 4],
    ['burst-stats-virtio-1q.tx-dropped.txt', 1],
  ] as const) {
    it(`has the lines on bursts where they were recorded, with ${queues} of a port’s queues`, () => {
      const recorded = answers(read(name), 'show fwd stats all').filter((answer) =>
        /[1-9]\d* \[9/.test(answer),
      )
      expect(recorded).to.have.length.above(5)
      const busy = { rxPackets: 9, txPackets: 9, txDropped: 0 }
      const idle = { rxPackets: 0, txPackets: 0, txDropped: 0 }
      const shown = forwardStatistics(
        [
          { ...busy, rxPort: 0, txPort: 1, queue: 0, polls: { total: 300, emptyPercent: 99 } },
          { ...idle, rxPort: 1, txPort: 0, queue: 0, polls: { total: 300, emptyPercent: 100 } },
        ],
        [
          { ...counts, rxPackets: 9, txPackets: 0 },
          { ...counts, rxPackets: 0, txPackets: 9 },
        ],
        queues,
      )
      expect(shown).to.match(/ {2}RX-bursts : 300 \[99% of 0 pkts \+ 1% of 32 pkts\]\n/)
      // Sizes of bursts differ between guests, and cycles per packet are not simulated.
      for (const answer of recorded) expect(kindsOfLines(shown)).to.deep.equal(kindsOfLines(answer))
    })
  }

  it('has the lines on mbufs where they ran out, as recorded', () => {
    const [answer = ''] = answers(read('mbufs-exhausted.rx-nombufs.serial'), 'show fwd stats all').filter(
      (text) => text.includes('RX-nombufs'),
    )
    const lines = answer.split('\n').filter((line) => /RX-error|RX-nombufs/.test(line))
    const rxNoMbuf = Number(/RX-nombufs: (\d+)/.exec(answer)?.[1])
    const shown = forwardStatistics([], [{ ...counts, rxPackets: 0, txPackets: 0, rxNoMbuf }], 1)
    expect(shown.split('\n').filter((line) => /RX-error|RX-nombufs/.test(line))).to.deep.equal(lines)
  })

  it('has port statistics as recorded', () => {
    const [answer = ''] = answers(LOSSLESS, 'show port stats all')
    const packets = Number(/RX-packets: (\d+)/.exec(answer)?.[1])
    const ports = [
      { ...counts, ...idle, rxPackets: packets, txPackets: 0 },
      { ...counts, ...idle, rxPackets: 0, txPackets: packets },
    ]
    expect(portStatistics(ports)).to.equal(answer)
  })

  it('has extended statistics as recorded', () => {
    const [answer = ''] = answers(LOSSLESS, 'show port xstats all')
    const packets = Number(/rx_good_packets: (\d+)/.exec(answer)?.[1])
    const ports = [
      { ...counts, ...idle, rxPackets: packets, txPackets: 0 },
      { ...counts, ...idle, rxPackets: 0, txPackets: packets },
    ]
    expect(extendedStatistics(ports, 4, NIC_MODELS.vmxnet3.counters)).to.equal(answer)
  })

  it('has port information, start and end as recorded', () => {
    const macs = ['52:54:00:00:01:06', '52:54:00:00:01:07']
    const ports = macs.map((mac, port) => ({
      mac,
      device: `0000:0${6 + port}:00.0`,
      driver: 'net_vmxnet3',
      isUp: true,
      queues: 4,
      nature: NIC_MODELS.vmxnet3.port,
    }))
    expect(portInfo(ports)).to.equal(answers(LOSSLESS, 'show port info all')[0])
    const plan = { cores: 4, queues: 4, rxDescriptors: 2048, txDescriptors: 2048 }
    const peers = ['52:54:00:00:02:06', '52:54:00:00:02:07'] as const
    expect(forwardingStarted({ ...plan, peers })).to.equal(answers(LOSSLESS, 'start')[0])
    expect(LOSSLESS).to.include(portsConfigured(macs))
    expect(answers(LOSSLESS, 'stop')[0]).to.match(new RegExp(`^${STOPPING}`))
    expect(answers(LOSSLESS, 'quit')[0]).to.include(GOODBYE)
  })

  it('has port information of a bnxt as recorded', () => {
    const log = readFileSync(new URL('../rootless/readme-log.txt', FOLDER), 'utf8')
    const [, first] = /(\n\*+ Infos for port 0 [^]*?)\n\*+ Infos for port 1/.exec(log) ?? []
    const port = {
      mac: '20:04:0f:f1:88:01',
      device: '0000:19:01.0',
      driver: 'net_bnxt',
      isUp: true,
      queues: 1,
    }
    expect(portInfo([{ ...port, nature: NIC_MODELS.bnxt.port }])).to.equal(first)
  })
})
