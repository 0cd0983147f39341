/**
 * Every recording of a real TRex v3.08 that a client drove, played through this client: as a console that prints events
 * and redraws its prompt at the recorded places. Only the words that end answers are added.
 */
import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { within } from '../../../guest/testing/limits.ts'
import { play } from '../../../guest/testing/playback.ts'
import { FakeShell } from '../../testing/fake-shell.ts'
import { readTranscript } from '../../testing/transcript.ts'
import { marked, recordedAnswers } from '../../testing/trex-console.ts'
import {
  portCounters,
  portStates,
  serverAnswers,
  serverIsGone,
  succeeded,
  trexLoad,
  trexText,
} from './console-output.ts'
import { PROMPTS, TrexConsole } from './console.ts'

const RECORDINGS = readdirSync(
  new URL('../../../../fixtures/transcripts/trex-live/', import.meta.url),
).filter((name) => /\.(?:raw|log)\.gz$/.test(name))
const recordingOf = (name: string) => readTranscript(`trex-live/${name}`)

/** Recordings without a console: their servers did not start. */
const WITHOUT_CONSOLE = /^71p-[jk]-|^guest-start1-/

/** A whole statistics line of the client's own. */
const STATISTICS = /verbose set to on[^]*"get_port_stats"[^]*"get_global_stats"[^]*verbose set to off/

describe('live recordings of TRex v3.08', () => {
  it('are all there', () => {
    expect(RECORDINGS).length(44)
  })

  for (const name of RECORDINGS.filter((name) => !WITHOUT_CONSOLE.test(name))) {
    for (const echo of [false, true]) {
      it(`come through as they were ${echo ? 'behind an echo' : 'without an echo'}: ${name}`, async () => {
        const consoles = recordedAnswers(recordingOf(name))
        expect(consoles.length).above(0)
        for (const answers of consoles) {
          const { program, playback } = await play(PROMPTS, 'trex>', [])
          playback.cut = 1024
          const shell = new FakeShell({})
          shell.open = () => Promise.resolve(program)
          const server = { runs: () => Promise.resolve(true) }
          const console = await TrexConsole.open(shell, server, within())
          for (const [index, answer] of answers.entries()) {
            if (serverIsGone(trexText(answer))) break
            playback.answerNext(marked(answer, { echo }))
            const text = await console.command(`line ${index}`, within())
            expect(text.endsWith(trexText(answer).replace(/^\n*/, '')), `answer ${index}`).equals(true)
          }
          expect(console.isOpen).equals(true)
        }
      })
    }
  }

  it('are read: counters, states and load of every statistics line, however events tore it', () => {
    let read = 0
    let torn = 0
    for (const name of RECORDINGS) {
      for (const answers of recordedAnswers(recordingOf(name))) {
        let offset: number | undefined
        let last = 0
        for (const text of answers
          .map(trexText)
          .filter((text) => STATISTICS.test(text) && !serverIsGone(text))) {
          const found = serverAnswers(text)
          const counters = portCounters(found, 0)
          expect(portStates(text).get(0)?.state, name).matches(/^(?:IDLE|STREAMS|TRANSMITTING|PAUSE)$/)
          expect(trexLoad(found).cpuUtilization, name).within(0, 100)
          // The console's table counts from the console's start, the server from its own.
          const table = Number(/\nopackets +\| +(\d+) /.exec(text)?.[1])
          if (!text.includes('Clearing stats')) offset ??= counters.opackets - table
          expect(counters.opackets - table, `${name}: JSON and table`).equals(offset)
          expect(counters.opackets, name).least(last)
          last = counters.opackets
          read += 1
          if (/\ntrex>/.test(text)) torn += 1
        }
      }
    }
    expect(read).above(300)
    expect(torn).above(20)
  })

  it('tell which starts succeeded', () => {
    const starts = (name: string) =>
      recordedAnswers(recordingOf(`${name}.raw.gz`))
        .flat()
        .map(trexText)
        .filter((text) => text.includes('Removing all streams'))
        .map((text) => succeeded(text, 'Starting traffic on port(s)'))
    expect(starts('74-ordinary-run-0')).deep.equals([true, true])
    expect(starts('71p-a-rate-above-line-rate')).deep.equals([false, true])
    expect(starts('71p-c-stop-early')).deep.equals([true])
  })
})
