import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError } from '../../../common/errors.ts'
import { readTranscript } from '../../testing/transcript.ts'
import {
  failureLines,
  portCounters,
  portStates,
  serverAnswers,
  serverIsGone,
  trexText,
} from './console-output.ts'

const FOLDER = new URL('../../../../fixtures/transcripts/trex/', import.meta.url)
const raw = (name: string) => readTranscript(`trex/${name}`)
const text = (name: string) => trexText(raw(name))
const RECORDINGS = readdirSync(FOLDER).filter((name) => /^[1-6]\d/.test(name))

/** The error messages in each recording of a failure; all other recordings have none. */
const FAILURES: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  '30-interactive-basic': [/^'nonsense' is an unrecognized command/, /^stats: error: unrecognized arguments/],
  '33-interactive-acquire-prompts': [
    'start - port(s) [0]: must be acquired',
    /^acquire: error: unrecognized/,
    "'stats' cannot be executed in offline mode",
  ],
  '35-interactive-editing': ['Caught Ctrl + C... Exiting...'],
  '37-interactive-emu': [/localhost:4510 \[FAILED\]$/, 'Loading plugin: emu [FAILED]'],
  '38-interactive-readonly': ['start - port(s) [0]: must be acquired'],
  '50a-server-not-running': [/^\[RPC\] - Failed to get server response/],
  '50b-server-not-running-quiet-stats': [/^\[RPC\] - Failed to get server response/],
  '50c-server-not-running-interactive': [/^\[RPC\] - Failed to get server response/],
  '50d-server-not-running.stdout': [/^\[RPC\] - Failed to get server response/],
  '50e-server-not-running': [/^\[RPC\] - Failed to get server response/],
  '51b-owned-ports-second-console-one-shot': [
    /^Port 0 : port is already owned/,
    /^Port 1/,
    /^Failed to acquire/,
  ],
  '51d-owned-ports-second-console-interactive': [/^Port 0 : port is already owned/, /^Port 1/, /^Failed to/],
  '51h-owned-ports-second-console-other-user': [
    /^Port 0 : port is already taken by 'root'/,
    /^Port 1/,
    /^Failed/,
  ],
  '52a-fail-profile-missing': [/^start: error: argument -f: The file '.*' does not exist$/],
  '52c-fail-profile-syntax-error': [/^Error loading profile '.*broken.py'/, /^SyntaxError: invalid syntax/],
  '53a-fail-above-line-rate': [/exceeds port line rate: '10 Gbps'$/],
  '53b-fail-above-line-rate-quiet-verbose': [/exceeds port line rate: '10 Gbps'$/],
  '53c-fail-bad-multiplier': [/^start: error: argument -m\/--multiplier/],
  '53d-fail-above-line-rate-interactive': [
    /exceeds port line rate/,
    /does not exist/,
    /argument -m/,
    'start - port(s) [7]: invalid port IDs',
    /required: -f/,
  ],
  '53e-fail-above-line-rate-interactive': [/exceeds port line rate/, /does not exist/],
  '54a-port-down-interactive': [/link is DOWN - check the connection or specify 'force'$/],
  '54d-oneshot-start-port-down': [/link is DOWN - check the connection or specify 'force'$/],
  '55a-server-killed-mid-traffic': [
    "stats - 'get_connection_info' - is not valid while disconnected",
    "'stats' cannot be executed in offline mode",
    "'stop' cannot be executed in offline mode",
    "'start' cannot be executed in offline mode",
    /^connect - \[RPC\] - Failed/,
  ],
  '55b-server-killed-mid-command': [
    /is not valid while disconnected/,
    /'stats' cannot be executed in offline mode/,
  ],
  '55c-server-killed-verbose': [/is not valid while disconnected/],
  '55d-server-killed-quiet': ["'stats' cannot be executed in offline mode"],
  '55e-server-killed-and-restarted': [
    /Connection lost - Subscriber timeout/,
    /^'stats' cannot/,
    /^'start' cannot/,
  ],
  '55f-server-sigint-graceful': [/is not valid while disconnected/],
  '56a-fail-bad-port-start': ['start - port(s) [7]: invalid port IDs'],
  '57b-fail-start-while-transmitting': [/are active - please stop them or specify 'force'$/],
  '58-after-console-killed-hup-oneshot': [/^Port 0 : port is already owned/, /^Port 1/, /^Failed to acquire/],
  '58-after-console-killed-kill-oneshot': [
    /^Port 0 : port is already owned/,
    /^Port 1/,
    /^Failed to acquire/,
  ],
  '58-after-console-killed-term-oneshot': [
    /^Port 0 : port is already owned/,
    /^Port 1/,
    /^Failed to acquire/,
  ],
  '62-interactive-0x0': [/required: -f/],
  '62-interactive-24x80': [/required: -f/],
}

describe('recordings of TRex v3.08', () => {
  it('are all there', () => {
    expect(RECORDINGS).length(117)
    for (const name of Object.keys(FAILURES))
      expect(
        RECORDINGS.some((file) => file.startsWith(`${name}.`)),
        name,
      ).equals(true)
  })

  for (const name of RECORDINGS) {
    it(`say what went wrong, and nothing else does: ${name}`, () => {
      const key = name.replace(/\.(?:dumb|vt220)?\.?raw$/, '')
      const expected = FAILURES[key] ?? []
      const words = failureLines(text(name))
      expect(words, words.join('\n')).length(expected.length)
      for (const [index, pattern] of expected.entries()) {
        if (typeof pattern === 'string') expect(words[index]).equals(pattern)
        else expect(words[index]).matches(pattern)
      }
      const gone = expected.some((pattern) =>
        /offline|RPC|disconnected|Connection lost/.test(String(pattern)),
      )
      expect(serverIsGone(text(name))).equals(gone || key === '37-interactive-emu')
    })
  }
})

describe('variations of what was recorded', () => {
  const both = text('61-shell-session-interactive-quiet.vt220.raw')
  const [whole] = /\n\n\n\[verbose\][^]*?\nierrors [^\n]*\n/.exec(both) ?? ['']
  const truth = portCounters(serverAnswers(whole), 0)

  /** The result of parsing an answer; undefined if the parser refuses it. */
  const read = (printed: string) => {
    try {
      const answers = serverAnswers(trexText(printed))
      return {
        east: portCounters(answers, 0),
        west: portCounters(answers, 1),
        states: portStates(trexText(printed)),
      }
    } catch (error) {
      expect(error).instanceOf(SuiteError).with.property('code', 'unparsable')
      return undefined
    }
  }
  const cut = (at: number, what: string) => {
    const place = at % (whole.length + 1)
    return `${whole.slice(0, place)}${what}${whole.slice(place)}`
  }

  it('are told from the recording itself', () => {
    expect(truth).deep.equals({ opackets: 8944, ipackets: 0, oerrors: 0, ierrors: 0 })
    expect(read(whole)?.states.get(0)?.state).equals('TRANSMITTING')
  })

  it('with colours anywhere, any number of them: the same numbers', () => {
    const colour = fc.tuple(fc.nat(whole.length), fc.integer({ min: 0, max: 107 }))
    fc.assert(
      fc.property(fc.array(colour, { maxLength: 60 }), (colours) => {
        let printed = whole
        for (const [at, code] of [...colours].sort((a, b) => b[0] - a[0]))
          printed = `${printed.slice(0, at)}\x1b[${code}m${printed.slice(at)}`
        expect(read(printed)?.east).deep.equals(truth)
      }),
      { numRuns: 2000 },
    )
  })

  it('torn by a line of the kernel, an event or a prompt anywhere: the same numbers, or none', () => {
    const intruder = fc.oneof(
      fc.constantFrom(
        '\ntrex>',
        '\r\n[  123.456789] watchdog: BUG: soft lockup - CPU#1 stuck for 22s!\r\n',
        '\n\n2026-11-21 23:44:22 - [server][info]     - Port 0 job done\n\ntrex>',
        '\n\n[verbose] Sending Request To Server:\n\n{\n    "id": "0mut92ok",\n    "method": "get_async_events"\n}\n\n\ntrex>',
      ),
      fc.string({ maxLength: 20 }).filter((word) => !/^[\d.eE+-]*$/.test(word.trim())),
    )
    let whole = 0
    fc.assert(
      fc.property(fc.nat(), intruder, (at, what) => {
        const seen = read(cut(at, what))
        if (seen === undefined) return
        whole += 1
        // An inserted text of digits alone cannot be distinguished from the number around it; any other text can.
        if (!/\d/.test(what) || what.includes('\n')) expect(seen.east).deep.equals(truth)
      }),
      { numRuns: 5000 },
    )
    expect(whole).above(100)
  })

  it('cut off anywhere: the same numbers, or none', () => {
    fc.assert(
      fc.property(fc.nat(whole.length), (length) => {
        const seen = read(whole.slice(0, length))
        if (seen !== undefined) expect(seen.east).deep.equals(truth)
      }),
      { numRuns: 2000 },
    )
  })

  it('larger than 64 KiB, with hundreds of events around: the same numbers', () => {
    const noise = text('32-interactive-verbose-json.vt220.raw').slice(0, 30_000)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (before, after) => {
        const printed = `${noise.repeat(before)}\n${whole}\n${'trex>\n'.repeat(after * 1000)}`
        expect(printed.length).above(32 * 1024)
        expect(read(printed)?.east).deep.equals(truth)
      }),
      { numRuns: 50 },
    )
    expect(read(`${noise.repeat(4)}\n${whole}`)?.east).deep.equals(truth)
  })

  it('wrapped at the width of any terminal: the same numbers, or none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 300 }), (width) => {
        const wrapped = whole.replace(new RegExp(`[^\\n]{${width}}(?=[^\\n])`, 'g'), '$&\n')
        const seen = read(wrapped)
        if (seen !== undefined) expect(seen.east).deep.equals(truth)
        if (width >= 80) expect(seen).not.equals(undefined)
      }),
      { numRuns: 300 },
    )
  })
})
