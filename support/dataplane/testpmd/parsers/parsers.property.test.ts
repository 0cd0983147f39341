import { expect } from 'chai'
import fc from 'fast-check'
import { growsLinearly } from '../../../common/testing/growth.ts'
import { isSuiteError } from '../../../common/errors.ts'
import { answersTo, readTranscript } from '../../testing/transcript.ts'
import { parseForwardStatistics, type ForwardPortStatistics } from './forward-statistics.ts'
import { parsePortInfo } from './port-info.ts'
import { parseExtendedStatistics, parsePortStatistics } from './port-statistics.ts'

const CASES = { numRuns: 10_000 }
const parsers = { parseForwardStatistics, parsePortStatistics, parseExtendedStatistics, parsePortInfo }

/** A parser may return only valid counts, or refuse the output. */
function parseOrRefuse(parse: (raw: string) => unknown, raw: string): void {
  let result: unknown
  try {
    result = parse(raw)
  } catch (error) {
    if (isSuiteError(error, 'unparsable', 'counter-went-back', 'statistics-refused')) return
    throw error
  }
  for (const number of numbersIn(result)) {
    if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${number} is not a count`)
  }
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (value instanceof Map) return [...value.values()].flatMap(numbersIn)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn)
  return []
}

const recorded = [
  'show fwd stats all',
  'show port stats all',
  'show port info all',
  'show port xstats all',
].map(
  (typed) =>
    answersTo(readTranscript('testpmd/mac-forward-vmxnet3-4q.lossless.serial'), 'testpmd> ', typed).at(-1) ??
    '',
)

/** A recorded answer with pieces cut out, doubled or overwritten. */
const mutilated = fc
  .tuple(
    fc.constantFrom(...recorded),
    fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), fc.string({ unit: 'binary' })),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([answer, cuts]) =>
    cuts.reduce((text, [where, length, put]) => {
      const start = Math.floor(where * text.length)
      return text.slice(0, start) + put + text.slice(start + length)
    }, answer),
  )

const count = fc.oneof(
  fc.nat(),
  fc.maxSafeNat().map((number) => Math.floor(number / 4)),
)
const port: fc.Arbitrary<ForwardPortStatistics> = fc.record({
  rxPackets: count,
  rxMissed: count,
  rxErrors: count,
  rxNoMbuf: count,
  txPackets: count,
  txDropped: count,
})

/** testpmd's output for these counters (app/test-pmd, fwd_stats_display), with its column widths. */
function printed(ports: readonly ForwardPortStatistics[], newline: string): string {
  const pad = (number: number, width = 14) => String(number).padEnd(width)
  return ports
    .flatMap((counters, id) => [
      '',
      `  ---------------------- Forward statistics for port ${pad(id, 2)} ----------------------`,
      `  RX-packets: ${pad(counters.rxPackets)} RX-dropped: ${pad(counters.rxMissed)}RX-total: ${counters.rxPackets + counters.rxMissed}`,
      ...(counters.rxErrors + counters.rxNoMbuf > 0
        ? [`  RX-error: ${counters.rxErrors}`, `  RX-nombufs: ${pad(counters.rxNoMbuf)}`]
        : []),
      `  TX-packets: ${pad(counters.txPackets)} TX-dropped: ${pad(counters.txDropped)}TX-total: ${counters.txPackets + counters.txDropped}`,
      '  ----------------------------------------------------------------------------',
    ])
    .join(newline)
}

describe('testpmd parsers, by property', () => {
  it('return what was printed', () => {
    const newlines = fc.constantFrom('\n', '\r\n', '\r\r\n', '\r\n[ 3.14] kernel: noise\r\n')
    fc.assert(
      fc.property(fc.array(port, { minLength: 1, maxLength: 3 }), newlines, (ports, newline) => {
        expect([...parseForwardStatistics(printed(ports, newline)).ports.values()]).deep.equals(ports)
      }),
      CASES,
    )
  })

  for (const [name, parse] of Object.entries(parsers)) {
    it(`${name} returns counts or refuses, whatever it is given`, () => {
      fc.assert(
        fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutilated), (raw) => {
          parseOrRefuse(parse, raw)
        }),
        CASES,
      )
    })

    it(`${name} takes megabytes of garbage in its stride`, () => {
      const garbage = [
        'RX-packets: ',
        'a',
        ' ',
        '-',
        '#',
        '\x1b[',
        '\x1b[;',
        ';1',
        '\r',
        '9',
        'RX Port= ',
        ':',
        'Forward statistics for port ',
        'x: Error: failed to get stats (port 0): -',
      ]
      for (const piece of garbage) {
        const take = (size: number) => {
          parseOrRefuse(parse, recorded.join('') + piece.repeat(size / piece.length))
        }
        expect(growsLinearly(take, 2 ** 21), JSON.stringify(piece)).equals(true)
      }
    })
  }
})
