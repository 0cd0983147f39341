import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { SuiteError } from '../../../common/errors.ts'
import { answersTo, readTranscript } from '../../testing/transcript.ts'
import type { AbsurdCounter } from './counter-block.ts'
import { parseForwardStatistics } from './forward-statistics.ts'
import { parsePortInfo } from './port-info.ts'
import { parseExtendedStatistics, parsePortStatistics } from './port-statistics.ts'

const LOSSLESS = 'testpmd/mac-forward-vmxnet3-4q.lossless.serial'
const TX_DROPPED = 'testpmd/mac-forward-virtio-1q.tx-dropped.serial'
const BURSTS = 'testpmd/burst-stats-vmxnet3-4q.rx-dropped.txt'
const BURSTS_OF_ONE_QUEUE = 'testpmd/burst-stats-virtio-1q.tx-dropped.txt'
const NO_MBUFS = 'testpmd/mbufs-exhausted.rx-nombufs.serial'

const answers = (file: string, typed: string) => answersTo(readTranscript(file), 'testpmd> ', typed)
const first = (file: string, typed: string) => answers(file, typed)[0] ?? ''

const FORWARD = `
  ------- Forward Stats for RX Port= 0/Queue= 3 -> TX Port= 1/Queue= 3 -------
  RX-packets: 7              TX-packets: 5              TX-dropped: 2

  ---------------------- Forward statistics for port 0  ----------------------
  RX-packets: 7              RX-dropped: 1             RX-total: 8
  TX-packets: 0              TX-dropped: 0             TX-total: 0
  ----------------------------------------------------------------------------

  ---------------------- Forward statistics for port 1  ----------------------
  RX-packets: 0              RX-dropped: 0             RX-total: 0
  RX-error: 4
  RX-nombufs: 13133616388
  TX-packets: 5              TX-dropped: 2             TX-total: 7
  ----------------------------------------------------------------------------
`

describe('testpmd forward statistics', () => {
  it('reads every recorded answer of a lossless run', () => {
    const counts = answers(LOSSLESS, 'show fwd stats all').map((answer) => parseForwardStatistics(answer))
    expect(counts.map(({ ports }) => ports.get(0)?.rxPackets)).deep.equals([10e3, 50e3, 100e3, 200e3, 500e3])
    expect(counts.map(({ ports }) => ports.get(1)?.txPackets)).deep.equals([10e3, 50e3, 100e3, 200e3, 500e3])
    expect(counts[2]?.streams).deep.equals([
      { rxPort: 0, rxQueue: 0, txPort: 1, txQueue: 0, rxPackets: 100e3, txPackets: 100e3, txDropped: 0 },
    ])
  })

  it('reads the drops of a lossy run', () => {
    const dropped = answers(TX_DROPPED, 'show fwd stats all').map(
      (answer) => parseForwardStatistics(answer).ports.get(1)?.txDropped,
    )
    expect(dropped).deep.equals([0, 2960, 10458, 15040])
  })

  it('reads the lines that testpmd prints only where they are not zero', () => {
    const port = parseForwardStatistics(answers(NO_MBUFS, 'show fwd stats all').at(-2) ?? '').ports.get(1)
    expect(port).deep.equals({
      rxPackets: 0,
      rxMissed: 0,
      rxErrors: 0,
      rxNoMbuf: 13133616388,
      txPackets: 0,
      txDropped: 0,
    })
  })

  it('reads the statistics printed by stop, and both directions', () => {
    const text = first('testpmd/two-way.serial', 'quit')
    const { ports, streams } = parseForwardStatistics(text)
    expect(ports.get(1)).includes({ rxPackets: 108, txPackets: 108 })
    expect(streams.map(({ rxPort, txPort }) => [rxPort, txPort])).deep.equals([
      [0, 1],
      [1, 0],
    ])
  })

  it('reads what a packet costs, where testpmd was asked to record it', () => {
    // app/test-pmd/testpmd.c prints it after the accumulated statistics.
    const cycles =
      '\n  CPU cycles/packet=61.60 (total cycles=12320 / total RX packets=200) at 2400 MHz Clock\n'
    expect(parseForwardStatistics(FORWARD + cycles).cycles).deep.equals({
      cyclesPerPacket: 61.6,
      busyCycles: 12320,
      clockMHz: 2400,
    })
    expect(parseForwardStatistics(FORWARD)).to.not.have.property('cycles')
    expect(
      parseForwardStatistics(`${FORWARD}\n  CPU cycles/packet=-nan (…) at 2400 MHz Clock\n`),
    ).to.not.have.property('cycles')
  })

  it('reads how many polls found no packet, in every answer recorded while testpmd counted them', () => {
    const counted = answers(BURSTS, 'show fwd stats all').map((answer) => parseForwardStatistics(answer))
    const polls = counted.map((one) => one.polls)
    const told = polls.filter((all) => all.length > 0)
    expect(told).has.length(21)
    for (const all of told)
      expect(all).to.deep.equal([{ ...all[0], rxPort: 0, rxQueue: 0, emptyPercent: 99 }])
    // No polls after counting was turned off, the old counts after it was turned on again, and none after `clear`.
    expect(polls.slice(-6).map(([queue]) => queue?.polls)).deep.equals([
      undefined,
      undefined,
      undefined,
      1_304_565,
      undefined,
      undefined,
    ])
    expect(counted.at(-3)?.cycles).deep.equals({
      cyclesPerPacket: 709395.76,
      busyCycles: 86_502_300_474,
      clockMHz: 2600,
    })
  })

  it('reads them of ports with one queue, of which testpmd tells in their own blocks', () => {
    const [some] = answers(BURSTS_OF_ONE_QUEUE, 'show fwd stats all')
      .slice(12)
      .map((answer) => parseForwardStatistics(answer))
    expect(some?.streams).deep.equals([])
    expect(some?.polls).deep.equals([
      { rxPort: 0, rxQueue: 0, polls: 9_898_778, emptyPercent: 99 },
      { rxPort: 1, rxQueue: 0, polls: 4_250_585, emptyPercent: 100 },
    ])
  })

  it('reads how many polls found no packet, by queue, in the lines of app/test-pmd/testpmd.c', () => {
    const bursts = (total: number, spread: string) =>
      `  RX-bursts : ${total} [${spread}]\n  TX-bursts : 7 [0% of 0 pkts]\n`
    const many = FORWARD.replace(
      'dropped: 2\n\n',
      `dropped: 2\n${bursts(4e9, '87% of 0 pkts + 9% of 4 pkts + 3% of 1 pkts + 1% of other')}\n`,
    )
    expect(parseForwardStatistics(many).polls).deep.equals([
      { rxPort: 0, rxQueue: 3, polls: 4e9, emptyPercent: 87 },
    ])
    const one = FORWARD.replace(
      'TX-total: 0\n',
      `TX-total: 0\n${bursts(12, '0% of 0 pkts + 100% of 32 pkts')}`,
    ).replace('TX-total: 7\n', `TX-total: 7\n${bursts(13, '100% of 0 pkts')}`)
    expect(parseForwardStatistics(one).polls).deep.equals([
      { rxPort: 0, rxQueue: 0, polls: 12, emptyPercent: 0 },
      { rxPort: 1, rxQueue: 0, polls: 13, emptyPercent: 100 },
    ])
  })

  it('knows of no polls where that line is torn, or of another testpmd', () => {
    const polls = (line: string) =>
      parseForwardStatistics(FORWARD.replace('dropped: 2\n\n', `dropped: 2\n${line}\n`)).polls
    for (const line of [
      'RX-bursts : 12 [87% of 0 p[  3.1] x',
      'RX-bursts : 12 [101% of 0 pkts]',
      'RX-bursts : 0 [0% of 0 pkts]',
      // Before DPDK 20.11 the most frequent burst size comes first.
      'RX-bursts : 12 [100% of 32 pkts]',
      'RX-bursts : 99999999999999999999 [1% of 0 pkts]',
    ])
      expect(polls(line), line).deep.equals([])
  })

  it('does not mind kernel messages and events between the lines, nor escape sequences', () => {
    const noisy = FORWARD.replaceAll(
      '\n',
      '\r\r\n[   12.345678] pktgen: RX-packets everywhere\r\nPort 0: link state change event\r\n\x1b[0m',
    )
    expect(parseForwardStatistics(noisy)).deep.equals(parseForwardStatistics(FORWARD))
  })

  it('does not mind the column widths of other DPDK versions', () => {
    const wide = FORWARD.replace(/: (\d+)/g, ':             $1    ')
    const narrow = FORWARD.replace(/: (\d)/g, ':$1')
    expect(parseForwardStatistics(wide)).deep.equals(parseForwardStatistics(FORWARD))
    expect(parseForwardStatistics(narrow)).deep.equals(parseForwardStatistics(FORWARD))
  })

  it('takes a counter that fell below its baseline for none, in its sum as well', () => {
    const absurd: AbsurdCounter[] = []
    const raw = FORWARD.replace(
      'RX-dropped: 1             RX-total: 8',
      'RX-dropped: 18446744073709551613RX-total: 4',
    ).replace('RX-error: 4', 'RX-error: 18446744073709551615')
    const { ports } = parseForwardStatistics(raw, (one) => absurd.push(one))
    expect(ports.get(0)).includes({ rxPackets: 7, rxMissed: 0 })
    expect(ports.get(1)).includes({ rxErrors: 0, rxNoMbuf: 13133616388, txDropped: 2 })
    expect(absurd.map(({ counter }) => counter)).deep.equals([
      'RX-dropped in the forward statistics of port 0',
      'RX-error in the forward statistics of port 1',
    ])
  })

  it('says of packets that fell below their baseline that the port was reset', () => {
    const raw = FORWARD.replace(
      'RX-packets: 7              RX-dropped: 1             RX-total: 8',
      'RX-packets: 18446744073709551611 RX-dropped: 1 RX-total: 18446744073709551612',
    )
    expect(() => parseForwardStatistics(raw))
      .throws(SuiteError, /RX-packets .*port 0 is -5: the port was reset/)
      .with.property('code', 'counter-went-back')
  })

  it('passes over the lines of a NIC that maps its queues, as up to DPDK 20.11', () => {
    const mapped = FORWARD.replace(
      'TX-total: 0',
      'TX-total: 0\n\n  Stats reg  0 RX-packets:  7     RX-errors:   0    RX-bytes:  448',
    )
    expect(parseForwardStatistics(mapped)).deep.equals(parseForwardStatistics(FORWARD))
  })

  const broken: [string, string, RegExp][] = [
    ['an empty answer', '', /no forward statistics/],
    ['testpmd refusing', 'Bad arguments', /no forward statistics of any port: "Bad arguments"/],
    [
      'a missing counter',
      FORWARD.replace(/RX-dropped: 1 {13}/, ''),
      /no RX-dropped in the forward.*of port 0/,
    ],
    [
      'a negative counter',
      FORWARD.replace('RX-dropped: 1', 'RX-dropped: -1'),
      /RX-dropped .* is not a count/,
    ],
    [
      'packets beyond 2^53',
      FORWARD.replace(
        'RX-packets: 7              RX-dropped: 1             RX-total: 8',
        'RX-packets: 9007199254740993 RX-dropped: 0 RX-total: 9007199254740993',
      ),
      /RX-packets .* too large/,
    ],
    ['half a number', FORWARD.replace('RX-packets: 7', 'RX-packets: 7[ 12.3] x'), /not a count/],
    [
      'a sum that is wrong',
      FORWARD.replace('TX-total: 7', 'TX-total: 70'),
      /TX-total in the forward statistics of port 1/,
    ],
    ['a port twice', FORWARD + FORWARD, /port 0 twice/],
    ['a stream without numbers', FORWARD.replace('Port= 0/Queue= 3', 'Port= x'), /stream without port/],
  ]
  for (const [name, text, message] of broken) {
    it(`refuses ${name}`, () => {
      expect(() => parseForwardStatistics(text))
        .throws(SuiteError, message)
        .with.property('code', 'unparsable')
    })
  }
})

describe('testpmd port statistics', () => {
  it('reads every recorded answer', () => {
    const counts = answers(LOSSLESS, 'show port stats all').map((answer) => parsePortStatistics(answer))
    expect(counts).has.length(6)
    expect(counts[2]?.get(0)).deep.equals({
      rxPackets: 100e3,
      rxBytes: 6e6,
      rxMissed: 0,
      rxErrors: 0,
      rxNoMbuf: 0,
      txPackets: 0,
      txBytes: 0,
      txErrors: 0,
    })
    expect(counts[2]?.get(1)).includes({ txPackets: 100e3, txBytes: 6e6 })
  })

  it('keeps valid counters beside an impossible one, and reports that one', () => {
    const absurd: AbsurdCounter[] = []
    const raw = first(LOSSLESS, 'show port stats all').replace(
      /RX-errors: \d+/,
      'RX-errors: 18446744073709551615',
    )
    const [east] = parsePortStatistics(raw, (one) => absurd.push(one)).values()
    expect(east).includes({ rxErrors: 0, rxMissed: 0, txErrors: 0 })
    expect(absurd).deep.equals([
      { counter: 'RX-errors in the NIC statistics of port 0', printed: '18446744073709551615' },
    ])
  })

  const REFUSED = readFileSync(
    join(import.meta.dirname, '../../../../fixtures/cases/testpmd-stats-refused/show-port-stats-all.txt'),
    'utf8',
  )
  const words = (port: number) => `nic_stats_display: Error: failed to get stats (port ${port}): -5`
  for (const [what, raw, said] of [
    ['one port', REFUSED, words(0)],
    ['both ports, on one line', words(0) + words(1), `${words(0)}; ${words(1)}`],
    ['a line with noise before it', `[   12.345678] iavf: ${REFUSED}`, words(0)],
  ] as const) {
    it(`keeps the words of statistics that were refused for ${what}`, () => {
      expect(() => parsePortStatistics(raw))
        .throws(SuiteError)
        .with.deep.property('facts', { said })
    })
  }

  it('keeps them of forward and extended statistics as well', () => {
    const forward = `fwd_stats_display: Error: failed to get stats (port 1): -5${FORWARD}`
    const extended = '###### NIC extended statistics for port 0\nError: Unable to get xstats\n'
    for (const read of [() => parseForwardStatistics(forward), () => parseExtendedStatistics(extended)])
      expect(read).throws(SuiteError).with.property('code', 'statistics-refused')
  })

  it('knows the words of clear from statistics', () => {
    expect(() => parsePortStatistics(first(LOSSLESS, 'clear port stats all'))).throws(/no NIC statistics/)
  })

  it('refuses a missing counter', () => {
    const text = first(LOSSLESS, 'show port stats all').replaceAll('RX-missed', 'RX-mist')
    expect(() => parsePortStatistics(text)).throws(SuiteError, /no RX-missed in the NIC statistics of port 0/)
  })

  it('reads extended statistics', () => {
    const ports = parseExtendedStatistics(first(LOSSLESS, 'show port xstats all'))
    expect(ports.get(0)?.get('rx_good_packets')).equals(500e3)
    expect(ports.get(0)?.size).equals(60)
    expect(ports.get(1)?.get('tx_q3_tx_ring_full')).equals(0)
  })

  it('leaves out extended statistics that are impossible or appear twice, and keeps the others', () => {
    const absurd: AbsurdCounter[] = []
    const lines = ['rx_good_packets: 5', 'rx_bad: -3', 'rx_worse: 18446744073709551615', 'tx_good_packets: 7']
    const raw = ['###### NIC extended statistics for port 0', ...lines, 'tx_good_packets: 8'].join('\n')
    expect([...(parseExtendedStatistics(raw, (one) => absurd.push(one)).get(0) ?? [])]).deep.equals([
      ['rx_good_packets', 5],
      ['tx_good_packets', 7],
    ])
    expect(absurd.map(({ printed }) => printed)).deep.equals(['-3', '18446744073709551615', '8'])
  })
})

describe('testpmd port information', () => {
  it('reads both ports', () => {
    const ports = parsePortInfo(first(LOSSLESS, 'show port info all'))
    expect(ports.get(1)).deep.equals({
      mac: '52:54:00:00:01:07',
      link: 'up',
      device: '0000:07:00.0',
      driver: 'net_vmxnet3',
      firmware: 'v1',
      linkSpeed: '10 Gbps',
      numaSocket: 0,
      rxQueues: 4,
      maxRxQueues: 16,
      txQueues: 4,
      maxTxQueues: 8,
      rssTypes: ['ipv4', 'ipv4-tcp', 'ipv6', 'ipv6-tcp'],
    })
  })

  it('reads what a NIC can hash: nothing, or types on one line or one to a line, as before DPDK 21.11', () => {
    const virtio = first('testpmd/start-attempts-virtio.serial', 'show port info 0')
    expect(parsePortInfo(virtio).get(0)?.rssTypes).deep.equals([])
    // It says “not available”.
    expect(parsePortInfo(virtio).get(0)).not.has.property('firmware')
    const vmxnet3 = first(LOSSLESS, 'show port info all')
    const old = vmxnet3.replaceAll(
      '  ipv4  ipv4-tcp  ipv6  ipv6-tcp',
      '  ipv4\r\n  ipv4-udp\r\n  user defined 50',
    )
    expect(parsePortInfo(old).get(1)?.rssTypes).includes.members(['ipv4', 'ipv4-udp'])
    const silent = vmxnet3.replaceAll(/Supported RSS offload flow types:\s+ipv4.*/g, '')
    expect(parsePortInfo(silent).get(1)).not.has.property('rssTypes')
  })

  it('reads a link that is down', () => {
    const ports = parsePortInfo(first('testpmd/start-attempts-e1000e.link-down.serial', 'show port info 0'))
    expect(ports.get(0)).includes({ link: 'down', linkSpeed: 'None' })
  })

  it('refuses a link status that it does not know', () => {
    const text = first(LOSSLESS, 'show port info all').replace('Link status: up', 'Link status: sideways')
    expect(() => parsePortInfo(text)).throws(SuiteError, /link status of port 0: "sideways"/)
  })
})
