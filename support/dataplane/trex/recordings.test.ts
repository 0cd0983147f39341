import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError } from '../../common/errors.ts'
import { readTranscript } from '../testing/transcript.ts'
import {
  failureWords,
  interference,
  portCounters,
  portStates,
  serverAnswers,
  serverIsGone,
  succeeded,
  trexLoad,
  trexText,
} from './console-output.ts'

const FOLDER = new URL('../../../fixtures/transcripts/trex/', import.meta.url)
const raw = (name: string) => readTranscript(`trex/${name}`)
const text = (name: string) => trexText(raw(name))
const RECORDINGS = readdirSync(FOLDER).filter((name) => /^[1-6]\d/.test(name))

/** What each recording of a failure says; every other one says nothing of the kind. */
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
      const words = failureWords(text(name))
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

describe("TRex's traps", () => {
  it('colours that do not depend on TERM or NO_COLOR, and cut through numbers', () => {
    for (const name of ['10-oneshot-help.dumb.raw', '25-oneshot-help-no-color.vt220.raw'])
      expect(raw(name), name).includes('\x1b[')
    expect(raw('23-oneshot-stats-g-quiet-verbose-stdout-to-file.stdout.raw')).not.includes('\x1b[')
    expect(raw('13-oneshot-stats-g-quiet-verbose-during.vt220.raw')).matches(/\d\x1b\[0m\.\d/)
  })

  it('an answer that is matched by its id: never the first JSON, never the first prompt', () => {
    const name = '17-oneshot-stats-g-quiet-verbose-after.vt220.raw'
    expect(text(name)).matches(/get_async_events[^]*get_global_stats|get_global_stats[^]*get_async_events/)
    expect(trexLoad(serverAnswers(text(name))).queueFull).equals(0)
  })

  it('numbers that Python prints with an exponent', () => {
    expect(text('51f-owned-ports-second-console-readonly-quiet.vt220.raw')).includes('1.0217773331979651e-17')
    const answers = serverAnswers(text('51f-owned-ports-second-console-readonly-quiet.vt220.raw'))
    expect(portCounters(answers, 0).opackets).equals(67_152)
  })

  it('exit codes that are 0 whatever happened: only words tell', () => {
    expect(succeeded(text('53a-fail-above-line-rate.vt220.raw'), 'Starting traffic on port(s)')).equals(false)
    expect(succeeded(text('53a-fail-above-line-rate.vt220.raw'), 'Attaching 4 streams')).equals(true)
    expect(succeeded(text('57c-start-force-while-transmitting.vt220.raw'), 'Starting traffic')).equals(true)
  })

  it('-q, which hides refusals: what it says is nothing, and nothing is no success', () => {
    const quiet = text('54e-oneshot-start-port-down-quiet.vt220.raw')
    expect(failureWords(quiet)).deep.equals([])
    expect(succeeded(quiet, 'Starting traffic on port(s)')).equals(false)
  })

  it('ports that a console which was killed still owns, and --force that takes them', () => {
    expect(failureWords(text('58-after-console-killed-kill-oneshot.vt220.raw'))[0]).includes('already owned')
    expect(failureWords(text('58-after-console-killed-kill-oneshot-force.vt220.raw'))).deep.equals([])
  })

  it('ports that somebody takes: the events tell', () => {
    expect(interference(text('51a-owned-ports-first-console.vt220.raw'))).deep.equals([
      'Port 0 was forcely taken by another session of you',
      'Port 1 was forcely taken by another session of you',
    ])
    expect(interference(text('31-interactive-traffic.vt220.raw'))).deep.equals([])
  })

  it('a server that is gone: the console says so in three ways', () => {
    for (const name of [
      '50c-server-not-running-interactive',
      '55a-server-killed-mid-traffic',
      '55d-server-killed-quiet',
    ])
      expect(serverIsGone(text(`${name}.vt220.raw`)), name).equals(true)
    expect(serverIsGone(text('31-interactive-traffic.vt220.raw'))).equals(false)
  })

  it('counters of `clear`ed tables, which the JSON beside them does not share', () => {
    const name = '61-shell-session-interactive-quiet.vt220.raw'
    expect(portCounters(serverAnswers(text(name)), 0).opackets).equals(12_640)
    expect(text(name)).matches(/opackets +\| +5000 /)
  })

  it('terminals of any size: the same answers', () => {
    const counters = (name: string) => portCounters(serverAnswers(text(name)), 0).opackets
    expect(counters('63-oneshot-stats-24x80.vt220.raw')).equals(18_800)
    expect(counters('63-oneshot-stats-0x0.vt220.raw')).equals(22_808)
    expect(portStates(text('62-interactive-24x80.vt220.raw')).get(1)).deep.equals({
      link: 'up',
      state: 'IDLE',
    })
  })
})

describe('variations of what was recorded', () => {
  const both = text('61-shell-session-interactive-quiet.vt220.raw')
  const [whole] = /\n\n\n\[verbose\][^]*?\nierrors [^\n]*\n/.exec(both) ?? ['']
  const truth = portCounters(serverAnswers(whole), 0)

  /** What can be read of a look, or undefined where it says that it can't. */
  const read = (look: string) => {
    try {
      const answers = serverAnswers(trexText(look))
      return {
        east: portCounters(answers, 0),
        west: portCounters(answers, 1),
        states: portStates(trexText(look)),
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
        let look = whole
        for (const [at, code] of [...colours].sort((a, b) => b[0] - a[0]))
          look = `${look.slice(0, at)}\x1b[${code}m${look.slice(at)}`
        expect(read(look)?.east).deep.equals(truth)
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
        // Digits alone can't be told from those of the number they stand in; everything else is.
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
        const look = `${noise.repeat(before)}\n${whole}\n${'trex>\n'.repeat(after * 1000)}`
        expect(look.length).above(32 * 1024)
        expect(read(look)?.east).deep.equals(truth)
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
