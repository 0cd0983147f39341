import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError } from '../../../common/errors.ts'
import { exchanges, readTranscript } from '../../testing/transcript.ts'
import {
  failureLines,
  portCounters,
  portStates,
  serverAnswers,
  succeeded,
  trexLoad,
  trexText,
} from './console-output.ts'

const recordings = readdirSync(new URL('../../../../fixtures/transcripts/trex/', import.meta.url))
const recorded = (name: string) => trexText(readTranscript(`trex/${name}.raw`))
const answerTo = (name: string, typed: string, index = 0) =>
  exchanges(recorded(name), 'trex>').filter((exchange) => exchange.typed === typed)[index]?.answer ?? ''

const VERBOSE = '32-interactive-verbose-json.vt220'
const TRAFFIC = '31-interactive-traffic.vt220'

describe('TRex console output', () => {
  it('yields every answer recorded, numbers whole in spite of colours', () => {
    let answers = 0
    for (const name of recordings) {
      const text = trexText(readTranscript(`trex/${name}`))
      // A request has a method between its version and its parameters, an answer has not.
      const printed = text.match(/"jsonrpc": "2.0",\n *"result"/g)?.length ?? 0
      const found = serverAnswers(text).length
      expect(found, name).equals(printed)
      answers += found
    }
    expect(answers).above(60)
  })

  it('has invalid JSON as long as its colours are in it', () => {
    const raw = readTranscript('trex/v3.03-global-stats.verbose.raw')
    expect(serverAnswers(raw)).deep.equals([])
    expect(trexLoad(serverAnswers(trexText(raw)))).deep.equals({
      cpuUtilization: 21.275409698486328,
      queueFull: 18,
    })
  })

  it('gives the counters of one port, by an object, and of two, by an array', () => {
    const old = serverAnswers(recorded('v3.03-port-stats.verbose'))
    expect(portCounters(old, 0)).deep.equals({
      opackets: 480_000_000,
      ipackets: 893,
      oerrors: 15,
      ierrors: 10,
    })
    const both = serverAnswers(recorded('61-shell-session-interactive-quiet.vt220'))
    expect(portCounters(both, 1).ipackets).equals(portCounters(both, 0).opackets)
  })

  it('does not take the events of the second thread for the answer', () => {
    const text = recorded(VERBOSE)
    expect(text).includes('get_async_events')
    const methods = serverAnswers(text).map(({ method }) => method)
    expect(methods).includes.members(['get_async_events', 'get_port_stats', 'start_traffic'])
    expect(() => portCounters(serverAnswers(answerTo(VERBOSE, 'stats -g')), 0)).throws(SuiteError, /port 0/)
  })

  it('has no answer where a prompt tore it', () => {
    const text = answerTo(VERBOSE, 'stats --port 0 -p')
    const torn = text.slice(0, text.indexOf('"oerrors"'))
    expect(() => portCounters(serverAnswers(torn), 0)).throws(SuiteError, /no statistics of TRex's port 0/)
  })

  it('refuses counters that are none', () => {
    const text = answerTo(VERBOSE, 'stats --port 0 -p')
    for (const wrong of ['-1', '1.5', '1e300', '"7"', 'null']) {
      const spoiled = text.replace(/"opackets": \d+/, `"opackets": ${wrong}`)
      expect(() => portCounters(serverAnswers(spoiled), 0), wrong).throws(
        SuiteError,
        /opackets of TRex's port 0/,
      )
    }
  })

  it('shows links and states', () => {
    const down = portStates(answerTo('54a-port-down-interactive.vt220', 'stats -p'))
    expect(down.get(0)).deep.equals({ link: 'down', state: 'IDLE' })
    expect(down.get(1)).deep.equals({ link: 'up', state: 'IDLE' })
    expect(portStates(answerTo(TRAFFIC, 'stats --port 0 -p')).get(0)?.state).equals('TRANSMITTING')
    expect(() => portStates('trex>')).throws(SuiteError, /no row "port"/)
  })

  it('tells success from failure by its words', () => {
    const started = recorded('12-oneshot-start-1kpps-p0-10s.vt220')
    expect(succeeded(started, 'Starting traffic on port(s)')).equals(true)
    expect(failureLines(started)).deep.equals([])
    expect(succeeded(recorded('v3.03-start.ok'), 'Starting traffic on port(s)')).equals(true)
    expect(succeeded(recorded('v3.03-start.failed-exceeds-line-rate'), 'Starting traffic on port(s)')).equals(
      false,
    )
  })

  const refusals: [string, string, RegExp][] = [
    [
      'v3.03-start.failed-exceeds-line-rate',
      'a rate above the line',
      /^start - Port 0 : Expected L1 B\/W: '13.44 Gbps' exceeds port line rate: '10 Gbps'$/,
    ],
    [
      '53b-fail-above-line-rate-quiet-verbose.vt220',
      'the same, verbose',
      /^start - Port 0 : Expected L1 B\/W: '134.4 Gbps' exceeds/,
    ],
    [
      '52a-fail-profile-missing.vt220',
      'a missing profile',
      /^start: error: argument -f: The file '.*' does not exist/,
    ],
    [
      '57b-fail-start-while-transmitting.vt220',
      'a port that sends',
      /^start - .*are active - please stop them or specify 'force'/,
    ],
    [
      '54a-port-down-interactive.vt220',
      'a link that is down',
      /link is DOWN - check the connection or specify 'force'/,
    ],
    [
      '50c-server-not-running-interactive.vt220',
      'no server',
      /^\[RPC\] - Failed to get server response from/,
    ],
    [
      '51d-owned-ports-second-console-interactive.vt220',
      'ports that are owned',
      /^Port 0 : port is already owned by another session/,
    ],
    ['38-interactive-readonly.vt220', 'a console that only reads', /must be acquired/],
  ]
  for (const [name, what, words] of refusals) {
    it(`says in TRex's words what is wrong with ${what}`, () => {
      expect(failureLines(recorded(name)).join('\n')).matches(new RegExp(words.source, 'm'))
    })
  }

  it('does not take announcements of the server for failures', () => {
    expect(recorded(TRAFFIC)).includes('job done')
    expect(failureLines(recorded(TRAFFIC))).deep.equals([])
  })

  it('never hangs nor throws anything but what it says, whatever it reads', () => {
    const pieces = recordings.map((name) => recorded(name.replace('.raw', '')))
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom(...pieces), fc.nat(), fc.nat(4000))
        .map(([piece, start, length]) => piece.slice(start % piece.length, (start % piece.length) + length)),
    )
    fc.assert(
      fc.property(text, (piece) => {
        failureLines(piece)
        try {
          portCounters(serverAnswers(piece), 0)
          portStates(piece)
        } catch (error) {
          expect(error).instanceOf(SuiteError).with.property('code', 'unparsable')
        }
      }),
      { numRuns: 2000 },
    )
    for (const garbage of ['[verbose] Server Response:\n', '\n', '|', '{', 'a - ', '*** ']) {
      const long = garbage.repeat(2 ** 21 / garbage.length)
      serverAnswers(long)
      failureLines(long)
    }
  })
})
