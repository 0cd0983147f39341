import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError } from '../common/errors.ts'
import { CASES, hostileText, mutilated } from '../common/testing/hostile-text.ts'
import { NIC_COUNTERS, parseStatistics, statisticsCommand } from './engines/pktgen/statistics.ts'
import { readTranscript } from './testing/transcript.ts'
import { parseExtendedStatistics } from './testpmd/parsers/port-statistics.ts'
import {
  failureLines,
  interference,
  portCounters,
  portStates,
  serverAnswers,
  succeeded,
  trexLoad,
  trexText,
} from './engines/trex/console-output.ts'

const NAMES = { east: 'enp6s0', west: 'enp7s0' }
const DEVICES = ['enp6s0@4', 'enp6s0@5']

/** The files as printed by grep, complete and valid. */
const PKTGEN = [
  ...DEVICES.flatMap((device) => [
    `/proc/net/pktgen/${device}:     pkts-sofar: 50000  errors: 0`,
    `/proc/net/pktgen/${device}:Result: OK: 5000005(c4999000+d1005) usec, 50000 (60byte,0frags)`,
  ]),
  ...Object.values(NAMES).flatMap((name) =>
    NIC_COUNTERS.map((counter) => `/sys/class/net/${name}/statistics/${counter}:12345`),
  ),
].join('\n')

const TREX: readonly [string, ...string[]] = [
  readTranscript('trex/v3.03-port-stats.verbose.raw'),
  readTranscript('trex/v3.03-global-stats.verbose.raw'),
  readTranscript('trex/18-oneshot-stats-port0-quiet-verbose-after.vt220.raw'),
]

/** The result; undefined if the parser refused the output in a message of limited length. */
function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SuiteError) || error.code !== 'unparsable') throw error
    expect(error.message.length).to.be.below(2000)
    return undefined
  }
}

function counts(value: object): number[] {
  return Object.values(value).filter((each): each is number => typeof each === 'number')
}

const isCount = (number: number) => Number.isSafeInteger(number) && number >= 0

describe('hostile output of traffic generators', () => {
  it('of pktgen and the NICs gives counts or is refused', () => {
    expect(statisticsCommand(NAMES, DEVICES)).to.include('rx_missed_errors')
    expect(readOrRefused(() => parseStatistics(PKTGEN, NAMES, DEVICES))?.devices).to.have.length(2)
    let readable = 0
    fc.assert(
      fc.property(fc.oneof(hostileText, mutilated([PKTGEN])), (raw) => {
        const statistics = readOrRefused(() => parseStatistics(raw, NAMES, DEVICES))
        if (statistics === undefined) return
        readable += 1
        const { nic, devices } = statistics
        expect([nic.east, nic.west].flatMap(counts).every(isCount)).to.equal(true)
        for (const { soFar, errors, elapsed, idle } of devices) {
          expect([soFar, errors].every(isCount)).to.equal(true)
          expect([elapsed, idle].every((time) => Number.isFinite(time) && time >= 0)).to.equal(true)
        }
      }),
      CASES,
    )
    // If the parser refused all cases, the test would prove nothing.
    expect(readable).to.be.above(500)
  })

  for (const [what, bad] of [
    ['negative', '-5'],
    ['beyond 2^53', '9007199254740993'],
    ['no number', 'many'],
    ['missing', ''],
  ] as const) {
    it(`of pktgen with a counter that is ${what} is refused`, () => {
      const raw = PKTGEN.replace('tx_packets:12345', `tx_packets:${bad}`)
      expect(readOrRefused(() => parseStatistics(raw, NAMES, DEVICES))).to.equal(undefined)
    })
  }

  it('of TRex gives counts or is refused', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, mutilated(TREX)), (raw) => {
        const text = trexText(raw)
        const answers = serverAnswers(text)
        for (const port of [0, 1]) {
          const counters = readOrRefused(() => portCounters(answers, port))
          expect(counts(counters ?? {}).every(isCount)).to.equal(true)
        }
        const load = readOrRefused(() => trexLoad(answers))
        expect(counts(load ?? {}).every(Number.isFinite)).to.equal(true)
        for (const { link } of readOrRefused(() => portStates(text))?.values() ?? [])
          expect(link).to.be.oneOf(['up', 'down'])
      }),
      CASES,
    )
  })

  it('of TRex in words is bounded, and no success that was not said', () => {
    const step = 'Starting traffic on port(s) [0]'
    fc.assert(
      fc.property(
        fc.oneof(hostileText, mutilated([`${step}:   [SUCCESS]\n`, `${step}: [FAILED]\n`])),
        (raw) => {
          const text = trexText(raw)
          if (succeeded(text, step)) expect(text).to.include(step).and.include('[SUCCESS]')
          for (const word of [...failureLines(text), ...interference(text)]) expect(word).not.to.include('\n')
        },
      ),
      CASES,
    )
  })

  for (const piece of [
    '|',
    '[',
    '{"id":"',
    '[verbose] Server Response:\n',
    ' - ',
    "'",
    '*** ',
    'trex',
    '1',
  ]) {
    it(`of megabytes of ${JSON.stringify(piece)} ends`, () => {
      const text = trexText(piece.repeat(2 ** 21 / piece.length))
      serverAnswers(text)
      readOrRefused(() => portStates(text))
      failureLines(text)
      interference(text)
      succeeded(text, 'Starting')
      readOrRefused(() => parseStatistics(text, NAMES, DEVICES))
    })
  }

  it('of testpmd with counters without end is refused', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `counter_${index}: 1`)
    const raw = `###### NIC extended statistics for port 0\n${lines.join('\n')}\n`
    expect(() => parseExtendedStatistics(raw)).to.throw(SuiteError, /too many/)
  })
})
