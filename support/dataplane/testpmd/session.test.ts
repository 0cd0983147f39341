import { expect } from 'chai'
import { SuiteError } from '../../common/errors.ts'
import { FakeShell, inOrder, soon } from '../testing/fake-shell.ts'
import { answersTo, readTranscript } from '../testing/transcript.ts'
import { jumboDescriptors, testpmdCommandLine } from './command.ts'
import { answers, LOSSLESS, only, PLAN, rejection } from './session.fixture.ts'
import { TestpmdSession } from './session.ts'

async function openOn(send: (line: string) => string | undefined): Promise<[TestpmdSession, FakeShell]> {
  const shell = new FakeShell({ send })
  return [await TestpmdSession.open(shell, PLAN, soon), shell]
}

describe('testpmd with other peers', () => {
  it('stops, takes both addresses, and forwards again', async () => {
    const sent: string[] = []
    const [session] = await openOn((line) => {
      sent.push(line)
      return only(line)
    })
    sent.length = 0
    await session.setPeers({ east: '50:00:00:00:00:01', west: '50:00:00:00:00:02' }, soon)
    expect(sent).to.deep.equal([
      'stop',
      'set eth-peer 0 50:00:00:00:00:01',
      'set eth-peer 1 50:00:00:00:00:02',
      'set record-core-cycles on',
      'start',
    ])
  })

  it('tells what testpmd says if it does not know the command', async () => {
    const [session] = await openOn((line) =>
      line.startsWith('set eth-peer') ? 'Bad arguments\r\n' : only(line),
    )
    const error = await rejection(
      session.setPeers({ east: '50:00:00:00:00:01', west: '50:00:00:00:00:02' }, soon),
    )
    expect(error).to.include({ code: 'testpmd-not-forwarding' })
    expect(String(error)).to.include('Bad arguments')
  })
})

describe('testpmd command line', () => {
  it('is the recorded one', () => {
    // The recording is older than the options that print EAL's version and hash UDP ports.
    const recorded = testpmdCommandLine(PLAN).replace(' -v ', ' ').replace(' --rss-udp ', ' ')
    expect(LOSSLESS).includes(`# ${recorded}\r\n`)
  })

  it('quotes what a shell would act on', () => {
    expect(testpmdCommandLine({ ...PLAN, hugepageDir: '/mnt/$(id)' })).includes("--huge-dir '/mnt/$(id)' --")
    expect(testpmdCommandLine({ ...PLAN, lcores: '0@2;reboot' })).includes("--lcores '0@2;reboot'")
    expect(() => testpmdCommandLine({ ...PLAN, ports: ['0000:06:00.0; id', '0000:07:00.0'] })).throws(
      TypeError,
    )
    expect(() => testpmdCommandLine({ ...PLAN, peers: ['aa', 'bb'] })).throws(TypeError)
  })

  it('makes mbufs for frames that an MTU of 1500 does not let through, as many as memory holds', () => {
    expect(testpmdCommandLine(PLAN)).not.includes('mbuf')
    const jumbo = { ...PLAN, jumboBytes: 9018 }
    // 4 queues of 2 ports, with 2048 descriptors to receive and as many to send.
    expect(testpmdCommandLine(jumbo)).includes('--max-pkt-len=9018 --mbuf-size=9216 --total-num-mbufs=34530')
    expect(jumboDescriptors(PLAN)).equals(undefined)
    expect(jumboDescriptors(jumbo)).equals(2048)
    expect(jumboDescriptors({ ...jumbo, queues: 16, forwardingCores: 16 })).equals(1024)
  })

  it('refuses ports that testpmd would number the other way round', () => {
    expect(() => testpmdCommandLine({ ...PLAN, ports: ['0000:07:00.0', '0000:06:00.0'] })).throws(/port 0/)
  })
})

describe('testpmd session', () => {
  it('goes from start to the final statistics', async () => {
    const forward = answers('show fwd stats all')
    const nic = answers('show port stats all')
    const [session, shell] = await openOn(
      inOrder({
        'show port info all': [only('show port info all'), only('show port info all')],
        'set record-core-cycles on': ['\r\n'],
        start: [only('start')],
        'clear fwd stats all': ['\r\n'],
        'show fwd stats all': [forward[0] ?? '', forward[1] ?? '', forward[2] ?? ''],
        'show port stats all': [nic[0] ?? '', nic[2] ?? ''],
        'show port xstats all': [
          only('show port xstats all').replaceAll(/: \d+/g, ': 0'),
          only('show port xstats all'),
        ],
        quit: [only('quit')],
      }),
    )
    await session.startForwarding(soon)
    await session.waitForLinks(soon)
    await session.clear(soon)
    expect(await session.sample(soon)).nested.includes({ 'east.rxPackets': 40e3, 'west.txPackets': 40e3 })
    const final = await session.finalStatistics(soon)
    expect(final.counters).nested.includes({ 'east.rxPackets': 90e3, 'west.txPackets': 90e3 })
    expect(final.nic).nested.includes({ 'east.rxPackets': 90e3, 'west.txBytes': 5_400_000 })
    expect(final.extended?.west.get('tx_q0_packets')).equals(500e3)
    expect(final.extended?.east.has('rx_q0_errors')).equals(false)
    expect(await session.quit(soon)).includes('Bye...')
    expect(shell.typed.filter((line) => line === 'show fwd stats all')).has.length(3)
  })

  it('subtracts what clear leaves as it is', async () => {
    const text =
      answersTo(readTranscript('testpmd/mbufs-exhausted.rx-nombufs.serial'), 'testpmd> ', 'quit')[1] ?? ''
    const grown = text.replace('RX-error: 0', 'RX-error: 3')
    const [session] = await openOn((line) => {
      if (line === 'show port info all') return only(line)
      if (line === 'show fwd stats all') return readings++ === 0 ? text : grown
      return line.startsWith('show') ? only(line) : ''
    })
    let readings = 0
    await session.clear(soon)
    expect((await session.sample(soon)).west).includes({ rxErrors: 3, rxNoMbuf: 0 })
  })

  it('asks again where the console tore an answer, and gives up at the third one', async () => {
    let torn = 2
    const [session] = await openOn((line) => {
      const answer = line.startsWith('show') ? only(line) : ''
      return line === 'show fwd stats all' && torn-- > 0
        ? answer.replace('RX-total: 1', 'RX-tot[ 3.1] x')
        : answer
    })
    await session.clear(soon)
    torn = 3
    expect(await rejection(session.sample(soon))).has.property('code', 'unparsable')
  })

  it('asks again where a driver could not give its statistics, and gives up in its words', async () => {
    let refused = 1
    const text = 'nic_stats_display: Error: failed to get stats (port 0): -5'
    const [session] = await openOn((line) => {
      if (line === 'show port stats all' && refused-- > 0) return text
      return line.startsWith('show') ? only(line) : ''
    })
    await session.clear(soon)
    refused = 3
    const error = await rejection(session.finalStatistics(soon))
    expect(error).has.property('code', 'statistics-refused')
    expect(String(error)).includes(text)
  })

  it('says what testpmd told of a port that is gone, which it did without being asked', async () => {
    let isGone = false
    const shell = new FakeShell({
      open: () => ({
        banner: '',
        asides: '\r\nPort 1: link state change event\r\n\r\nPort 0: device removal event\r\ntestpmd> ',
      }),
      send: (line) => {
        if (!line.startsWith('show')) return ''
        const both = only(line)
        return isGone && line === 'show port stats all' ? both.slice(both.indexOf('port 1  #') - 30) : both
      },
    })
    const session = await TestpmdSession.open(shell, PLAN, soon)
    await session.clear(soon)
    isGone = true
    const error = await rejection(session.finalStatistics(soon))
    expect(error).has.property('code', 'statistics-refused')
    expect(String(error)).includes('instead of 0 and 1; before that it said: Port 0: device removal event')
  })

  it('does not take a refused clear for a baseline', async () => {
    const text = 'fwd_stats_reset: Error: failed to clear stats (port 1):-19'
    const [session] = await openOn((line) => (line.startsWith('show') ? only(line) : text))
    expect(String(await rejection(session.clear(soon)))).includes(text)
  })

  it('reports an impossible counter once, and uses the others', async () => {
    const told: string[] = []
    const warn = (line: string) => told.push(line)
    const shell = new FakeShell({
      send: (line) => {
        const answer = line.startsWith('show') ? only(line) : ''
        return answer.replace(/RX-errors: \d+/, 'RX-errors: 18446744073709551615')
      },
    })
    const session = await TestpmdSession.open(shell, PLAN, soon, { info: warn, warn, debug: () => undefined })
    await session.clear(soon)
    expect((await session.finalStatistics(soon)).nic.east).includes({ rxErrors: 0 })
    expect(told).deep.equals([
      'RX-errors in the NIC statistics of port 0 is not valid and is left out: 18446744073709551615',
    ])
  })

  it('counts polls if testpmd supports it, and says so if it does not', async () => {
    const [session, shell] = await openOn((line) => (line.startsWith('show') ? only(line) : '\r\n'))
    expect(await session.recordPolls(true, soon)).equals(true)
    expect(await session.recordPolls(false, soon)).equals(true)
    expect(shell.typed.slice(-2)).deep.equals(['set record-burst-stats on', 'set record-burst-stats off'])
    const refusing = async (answer: string) => {
      const [other] = await openOn((line) => (line.startsWith('show') ? only(line) : answer))
      return other.recordPolls(true, soon)
    }
    expect(await refusing('Command not found\r\n')).equals(false)
    const [badArguments = ''] = answersTo(
      readTranscript('testpmd/burst-stats-vmxnet3-4q.lossless.txt'),
      'testpmd> ',
      'set record-burst-stats',
    )
    expect(await refusing(badArguments)).equals(false)
  })

  it('does without extended statistics that make no sense', async () => {
    const [session] = await openOn((line) => {
      if (line === 'show port xstats all') return 'Error: Cannot get xstats'
      return line.startsWith('show') ? only(line) : ''
    })
    await session.clear(soon)
    expect((await session.finalStatistics(soon)).extended).equals(undefined)
  })

  it('tells that a port was reset in the middle of a run', async () => {
    const forward = answers('show fwd stats all')
    const [session] = await openOn((line) => {
      if (line === 'show fwd stats all') return (cleared ? forward[0] : forward[1]) ?? ''
      return line.startsWith('show') ? only(line) : ''
    })
    let cleared = false
    await session.clear(soon)
    cleared = true
    const error = await rejection(session.sample(soon))
    expect(error).instanceOf(SuiteError).with.property('code', 'counter-went-back')
  })

  it('reads the forwarding statistics again where the NIC has seen more, and tells what differs still', async () => {
    const [none = '', some = '', most = ''] = answers('show fwd stats all')
    const [first = '', , last = ''] = answers('show port stats all')
    const finalOf = async (forward: string[]) => {
      const nic = [first, last]
      const [session] = await openOn((line) => {
        if (line === 'show fwd stats all') return forward.shift()
        if (line === 'show port stats all') return nic.shift()
        return line.startsWith('show') ? only(line) : ''
      })
      await session.clear(soon)
      return session.finalStatistics(soon)
    }
    const agreeing = await finalOf([none, some, most])
    expect(agreeing.contradictions.ofTheTraffic).deep.equals([])
    expect(agreeing.counters.east.rxPackets).equals(90e3)
    const differing = await finalOf([none, some, some])
    expect(differing.contradictions.ofTheTraffic[0]).includes('40000 by').and.includes('90000 by')
  })

  it('lets errors that a driver estimates fall, as long as they are not below the baseline', async () => {
    const [none = '', , most = ''] = answers('show fwd stats all')
    const missed = (count: number) =>
      most.replace(
        /(RX-packets: (\d+) +)RX-dropped: 0( +)RX-total: \d+/,
        (_, packets: string, received: string) =>
          `${packets}RX-dropped: ${count} RX-total: ${Number(received) + count}`,
      )
    const readings = [none, missed(5), missed(3)]
    const [session] = await openOn((line) => {
      if (line === 'show fwd stats all') return readings.shift()
      return line.startsWith('show') ? only(line) : ''
    })
    await session.clear(soon)
    expect((await session.sample(soon)).east.rxMissed).equals(5)
    expect((await session.sample(soon)).east.rxMissed).equals(3)
  })

  it('counts from clear on, whatever it had seen before', async () => {
    const [none = '', some = '', most = ''] = answers('show fwd stats all')
    const readings = [none, most, none, some]
    const [session] = await openOn((line) => {
      if (line === 'show fwd stats all') return readings.shift()
      return line.startsWith('show') ? only(line) : ''
    })
    await session.clear(soon)
    await session.sample(soon)
    await session.clear(soon)
    expect((await session.sample(soon)).east.rxPackets).equals(40e3)
  })

  it('tells it too where the counters were reset to nothing and have grown again since', async () => {
    const [none = '', some = '', more = ''] = answers('show fwd stats all')
    const readings = [none, more, some]
    const [session] = await openOn((line) => {
      if (line === 'show fwd stats all') return readings.shift()
      return line.startsWith('show') ? only(line) : ''
    })
    await session.clear(soon)
    await session.sample(soon)
    expect(await rejection(session.sample(soon))).to.have.property('code', 'counter-went-back')
  })

  it('names the links that stay down', async () => {
    const down = only('show port info all').replace(/Link status: up(?![^]*Link status)/, 'Link status: down')
    const [session] = await openOn(() => down)
    expect(await session.links(soon)).deep.equals({ east: 'up', west: 'down' })
    const error = await rejection(session.waitForLinks({ ...soon, timeout: 20 }))
    expect(error)
      .has.property('message')
      .that.matches(/both links .*: last saw west down after/)
  })

  it('does not forward where testpmd says that it does not', async () => {
    const [session] = await openOn((line) =>
      line === 'set record-core-cycles on'
        ? 'Bad arguments\r\n'
        : line === 'start'
          ? 'Not all ports were started\r\n'
          : only(line),
    )
    expect(await rejection(session.startForwarding(soon)))
      .has.property('message')
      .that.includes('Not all ports were started')
  })

  it('refuses ports in another order', async () => {
    const swapped = only('show port info all').replace('0000:06:00.0', '0000:08:00.0')
    const shell = new FakeShell({ send: () => swapped })
    expect(await rejection(TestpmdSession.open(shell, PLAN, soon))).has.property('code', 'testpmd-ports')
  })
})
