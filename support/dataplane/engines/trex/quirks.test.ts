/** Unexpected behaviour of TRex v3.08, each shown by a recording. */
import { expect } from 'chai'
import { TimeoutError } from '../../../common/errors.ts'
import { within } from '../../../guest/testing/limits.ts'
import { play } from '../../../guest/testing/playback.ts'
import { randomWord } from '../../../guest/console/markers.ts'
import type { InteractiveProgram } from '../../../guest/console/shell.ts'
import { FakeShell, soon } from '../../testing/fake-shell.ts'
import { readTranscript } from '../../testing/transcript.ts'
import { marked } from '../../testing/trex-console.ts'
import {
  failureLines,
  interference,
  portCounters,
  portStates,
  serverAnswers,
  serverIsGone,
  succeeded,
  trexLoad,
  trexText,
} from './console-output.ts'
import { PROMPTS, TrexConsole } from './console.ts'

const ANY_PROMPT = /trex(?: \(ports: \d\))?(?:\((?:read-only|service|offline)\))?>/g
const raw = (name: string) => readTranscript(`trex/${name}`)
const text = (name: string) => trexText(raw(name))

/** Types a line as the client does: a word appended to the line ends its answer. */
function answerOf(program: InteractiveProgram, line: string): Promise<string> {
  const word = `end${randomWord(8)}`
  return program.send(`${line};${word}`, within(), `'${word}' is an unrecognized command`)
}

describe("TRex's traps", () => {
  it('trap 1: colours that do not depend on TERM or NO_COLOR, and cut through numbers', () => {
    for (const name of ['10-oneshot-help.dumb.raw', '25-oneshot-help-no-color.vt220.raw'])
      expect(raw(name), name).includes('\x1b[')
    expect(raw('23-oneshot-stats-g-quiet-verbose-stdout-to-file.stdout.raw')).not.includes('\x1b[')
    expect(raw('13-oneshot-stats-g-quiet-verbose-during.vt220.raw')).matches(/\d\x1b\[0m\.\d/)
  })

  it('trap 2: an answer that is matched by its id: never the first JSON, never the first prompt', () => {
    const name = '17-oneshot-stats-g-quiet-verbose-after.vt220.raw'
    expect(text(name)).matches(/get_async_events[^]*get_global_stats|get_global_stats[^]*get_async_events/)
    expect(trexLoad(serverAnswers(text(name))).queueFull).equals(0)
  })

  it('trap 2: numbers that Python prints with an exponent', () => {
    expect(text('51f-owned-ports-second-console-readonly-quiet.vt220.raw')).includes('1.0217773331979651e-17')
    const answers = serverAnswers(text('51f-owned-ports-second-console-readonly-quiet.vt220.raw'))
    expect(portCounters(answers, 0).opackets).equals(67_152)
  })

  it('trap 3: exit codes that are 0 whatever happened: only words tell', () => {
    expect(succeeded(text('53a-fail-above-line-rate.vt220.raw'), 'Starting traffic on port(s)')).equals(false)
    expect(succeeded(text('53a-fail-above-line-rate.vt220.raw'), 'Attaching 4 streams')).equals(true)
    expect(succeeded(text('57c-start-force-while-transmitting.vt220.raw'), 'Starting traffic')).equals(true)
  })

  it('trap 4: -q hides refusals: no output is not taken for success', () => {
    const quiet = text('54e-oneshot-start-port-down-quiet.vt220.raw')
    expect(failureLines(quiet)).deep.equals([])
    expect(succeeded(quiet, 'Starting traffic on port(s)')).equals(false)
  })

  it('trap 6: ports that a console which was killed still owns, and --force that takes them', () => {
    expect(failureLines(text('58-after-console-killed-kill-oneshot.vt220.raw'))[0]).includes('already owned')
    expect(failureLines(text('58-after-console-killed-kill-oneshot-force.vt220.raw'))).deep.equals([])
  })

  it('trap 6: ports that somebody takes: the events tell', () => {
    expect(interference(text('51a-owned-ports-first-console.vt220.raw'))).deep.equals([
      'Port 0 was forcely taken by another session of you',
      'Port 1 was forcely taken by another session of you',
    ])
    expect(interference(text('31-interactive-traffic.vt220.raw'))).deep.equals([])
  })

  it('trap 7: a server that is gone: the console says so in three ways', () => {
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

  it('trap 5: prompts without a space behind them, of five kinds', async () => {
    const session = raw('33-interactive-acquire-prompts.vt220.raw')
    const pieces = session.split(ANY_PROMPT)
    const prompts = [...session.matchAll(ANY_PROMPT)].map(([prompt]) => prompt)
    expect(new Set(prompts)).deep.equals(
      new Set(['trex>', 'trex (ports: 0)>', 'trex(read-only)>', 'trex(service)>', 'trex(offline)>']),
    )
    const { program, playback } = await play(PROMPTS, `${pieces[0] ?? ''}${prompts[0] ?? ''}`, [])
    for (const [index, piece] of pieces.slice(1, -1).entries()) {
      const [typed = ''] = piece.split('\r')
      playback.answerNext((line) => {
        const word = line.slice(typed.length + 1)
        return `${line}${piece.slice(typed.length)}'${word}' is an unrecognized command.\r\n\r\n${prompts[index + 1] ?? ''}`
      })
      const said = trexText(await answerOf(program, typed))
      expect(said, typed).equals(trexText(piece.slice(typed.length)).replace(/^\n/, ''))
    }
  })

  it('trap 5: events with a prompt and half a typed line behind them, which are not an answer', async () => {
    const session = raw('31-interactive-traffic.vt220.raw')
    const begin = session.lastIndexOf('trex>start ')
    const [started = '', ...rest] = session.slice(begin + 'trex>'.length).split('trex>')
    // The line was half typed when the first event came, and when the second did.
    const until = rest.findIndex((piece) => piece.startsWith('stats --port 0 -p'))
    expect(until).equals(2)
    const answers = [started, rest.slice(0, until + 1).join('trex>')].map((answer) => marked(answer))
    const { program } = await play(PROMPTS, 'trex>', answers)
    const [typed = ''] = started.split('\r')
    expect(succeeded(trexText(await answerOf(program, typed)), 'Starting traffic')).equals(true)
    const printed = trexText(await answerOf(program, 'stats --port 0 -p'))
    expect(printed).includes('job done')
    expect(portStates(printed).get(0)).deep.equals({ link: 'up', state: 'IDLE' })
  })

  it('trap 5: links that go down and up without a word: `events` lists them', () => {
    const session = text('54b-link-down-events.vt220.raw')
    const beforeEvents = session.slice(0, session.indexOf('trex>events'))
    expect(beforeEvents).not.matches(/link: up -> down/)
    expect(interference(session)).deep.equals([
      'port 0 attributes changed: link: up -> down',
      'port 0 attributes changed: link: down -> up',
    ])
  })

  it('trap 8: an echo that is wrapped or scrolled sideways: the answer is found all the same', async () => {
    const start =
      'start -f /opt/trex/profiles/../profiles/../profiles/../profiles/four_udp.py -m 1kpps -p 0 -d 2 --force'
    const session = raw('62-interactive-24x80.vt220.raw')
    expect(session).not.includes(start)
    const begin = session.indexOf('start -f')
    const answer = session.slice(begin, session.indexOf('trex>', begin))
    const scrolled = '\x1b[A\r\x1b[C\x1b[Ktats --port 0 -p'
    const answers = ['stats -g\r\nGlobal Statistics\r\n', answer, `${scrolled}\r\nPort Statistics\r\n`]
    const { program } = await play(
      PROMPTS,
      'trex>',
      answers.map((each) => marked(each)),
    )
    await answerOf(program, 'stats -g')
    expect(succeeded(trexText(await answerOf(program, start)), 'Starting traffic')).equals(true)
    expect(await answerOf(program, 'stats --port 0 -p')).includes('Port Statistics')
  })

  it('trap 8: what is typed ahead is answered in its turn', async () => {
    const { program, playback } = await play(PROMPTS, 'trex>', [
      'stats -g\r\none\r\ntrex>',
      'stats -p\r\ntwo\r\ntrex>',
    ])
    const both = [program.send('stats -g', within()), program.send('stats -p', within())]
    playback.say('')
    expect(await Promise.all(both)).deep.equals(['one\n', 'two\n'])
  })

  it('trap 9: `queue_full`, which the table calls `queue_drop` when it is not zero: the JSON is read', () => {
    const table = text('31-interactive-traffic.vt220.raw')
    expect(table).matches(/queue_full +: 0 pkts/)
    const answers = serverAnswers(text('v3.03-global-stats.verbose.raw'))
    expect(trexLoad(answers).queueFull).equals(18)
    expect(text('v3.03-global-stats.verbose.raw')).not.matches(/queue_full +: 18/)
  })

  for (const [what, name, words, replaced] of [
    [
      'a rate above the line',
      '53a-fail-above-line-rate',
      /Expected L1 B\/W: '134.4 Gbps' exceeds port line rate: '10 Gbps'/,
      true,
    ],
    [
      'a link that is down',
      '54d-oneshot-start-port-down',
      /link is DOWN - check the connection or specify 'force'/,
      false,
    ],
    [
      'ports that send',
      '57b-fail-start-while-transmitting',
      /are active - please stop them or specify 'force'/,
      false,
    ],
    ['ports of somebody else', '38-interactive-readonly', /must be acquired/, false],
  ] as const) {
    it(`trap 10: refusals in TRex's words: ${what}`, () => {
      const said = text(`${name}.vt220.raw`)
      expect(failureLines(said).join('\n')).matches(words)
      expect(succeeded(said, 'Starting traffic on port(s)')).equals(false)
      // If the rate is refused, the streams have been replaced already: the old state is lost.
      expect(succeeded(said, 'Attaching 4 streams')).equals(replaced)
    })
  }

  it('trap 11: a one-shot through `| cat`, which the shell ends and no prompt', async () => {
    const piped = text('60-shell-session-oneshots.vt220.raw').split('| ./trex-console -q | cat\n')[1] ?? ''
    const [answer = ''] = piped.split('root@trex')
    expect(portCounters(serverAnswers(answer), 0).opackets).above(0)
    const [coloured = ''] = raw('60-shell-session-oneshots.vt220.raw').split('| cat').slice(1)
    expect(coloured.split('root@trex')[0]).not.matches(/\x1b\[\d+m/)

    const shell = new FakeShell({ run: () => answer, open: () => ({ banner: '' }) })
    shell.open = () => Promise.reject(new TimeoutError('no prompt'))
    const console = await TrexConsole.open(shell, { runs: () => Promise.resolve(true) }, soon)
    const counters = await console.ask('x', (said) => portCounters(serverAnswers(said), 0), soon)
    expect(counters.opackets).above(0)
    expect(shell.typed).length(1)
    expect(shell.typed[0]).matches(/ 2>&1 \| cat$/)
  })

  it('trap 11: a console that is kept open is started once, whatever is asked', async () => {
    const shell = new FakeShell({ open: () => ({ banner: '' }), send: (line) => `answer to ${line}` })
    const console = await TrexConsole.open(shell, { runs: () => Promise.resolve(true) }, soon)
    for (const line of ['one', 'two', 'three']) {
      expect(await console.ask(line, (said) => said, soon)).equals(`answer to ${line}`)
    }
    expect(shell.typed.filter((line) => line.includes('./trex-console'))).length(1)
  })
})
