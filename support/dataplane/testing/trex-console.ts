/** Plays recordings of a real TRex v3.08's console. */
import { z } from 'zod'
import type { PlayedAnswer } from '../../guest/testing/playback.ts'

/** The real console's error about the word appended to a line. */
const COMPLAINT = /'end[a-z0-9]+' is an unrecognized command\. type 'help' or '\?' for a list\r?\n/
/** The end of an answer in a recording that was made without such words. */
const UNMARKED_END = /verbose set to off[^\n]*\r?\n|^[\d.]+ \[(?:ms|[a-z]?sec)\]\r?\n/m
/** The suite's recorder marks input (`⟩ stop -p 0`). */
const NOTES = /\n\xe2\x9f\xa9 [^\n]*\n/g
/** Text before a console's first prompt, and at its end. */
const BANNER = "Type 'help' or '?' for supported actions"
const END = /Shutting down RPC client|^[a-z]{12}\d+x[a-z]{8}[:<]|Quit|Killed/m

/**
 * All answers of a recording, by console: all output from one end mark to the next, with events of the second thread,
 * redrawn prompts, and lines of the kernel.
 */
export function recordedAnswers(recording: string): string[][] {
  const consoles = recording.replace(NOTES, '').split(BANNER).slice(1)
  return consoles
    .map((text) => {
      const begin = text.indexOf('trex>') + 'trex>'.length
      const [session = ''] = text.slice(begin).split(END)
      const pieces = session.split(new RegExp(COMPLAINT, 'g'))
      if (pieces.length > 1) return pieces.slice(0, -1)
      return piecesOf(session)
    })
    .filter((answers) => answers.length > 0)
}

function piecesOf(session: string): string[] {
  const pieces: string[] = []
  let rest = session
  for (let end = UNMARKED_END.exec(rest); end !== null; end = UNMARKED_END.exec(rest)) {
    pieces.push(rest.slice(0, end.index + end[0].length))
    rest = rest.slice(end.index + end[0].length)
  }
  return pieces
}

export interface TimedExchange {
  /** The line without the appended word. */
  readonly typed: string
  readonly answer: string
  /** Milliseconds since the start of the recording: of the input, and of the error about the word. */
  readonly asked: number
  readonly answered: number
}

const recordedEvent = z.object({ t: z.number(), kind: z.string(), s: z.string().optional() })

/** The input of a recorded console, each line with its answer and its times. @param events lines of JSON */
export function timedExchanges(events: string): TimedExchange[] {
  const exchanges: TimedExchange[] = []
  let current: { typed: string; asked: number; text: string } | undefined
  for (const line of events.trim().split('\n')) {
    const { t, kind, s: text = '' } = recordedEvent.parse(JSON.parse(line))
    const word = /;end[a-z0-9]+\r$/
    if (kind === 'in') {
      current = word.test(text) ? { typed: text.replace(word, ''), asked: t * 1000, text: '' } : undefined
    } else if (kind === 'out' && current !== undefined) {
      current.text += text
      const [answer, end] = current.text.split(COMPLAINT)
      if (answer === undefined || end === undefined) continue
      exchanges.push({ typed: current.typed, answer, asked: current.asked, answered: t * 1000 })
      current = undefined
    }
  }
  return exchanges
}

/** The answer to a line with an appended word, ended as by the real console. */
export function marked(answer: string, options: { readonly echo?: boolean } = {}): PlayedAnswer {
  return (typed) => {
    const word = /;(end[a-z]+)$/.exec(typed)?.[1] ?? ''
    const echo = options.echo === true ? `${typed}\r\n` : ''
    return `${echo}${answer}'${word}' is an unrecognized command. type 'help' or '?' for a list\r\n\r\ntrex>`
  }
}
