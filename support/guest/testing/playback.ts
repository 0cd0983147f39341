/** Plays a recording of a program on a console. */
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import { silentLogger } from '../../common/logger.ts'
import { ConsoleReader } from '../console/console-reader.ts'
import { ConsoleProgram } from '../console/interactive-program.ts'
import { Markers } from '../console/markers.ts'
import { within } from './limits.ts'

const SECRET = /__kd_s=(\w+);/

/** The answer to a line, echo included. */
export type PlayedAnswer = string | ((typed: string) => string)

/** A program that answers each line with the next recorded answer. */
export class Playback implements ConsoleStream {
  readonly closed = new Promise<undefined>(() => undefined)
  /** Bytes per chunk. */
  cut = 64
  /** The typed lines. */
  readonly typed: string[] = []
  readonly #answers: PlayedAnswer[]
  #listener: (bytes: Uint8Array) => void = () => undefined

  constructor(answers: readonly PlayedAnswer[]) {
    this.#answers = [...answers]
  }

  onOutput(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener
  }

  say(text: string): void {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += this.cut) this.#listener(bytes.subarray(at, at + this.cut))
  }

  /** Adds answers. */
  answerNext(answer: PlayedAnswer): void {
    this.#answers.push(answer)
  }

  write(text: string): void {
    const typed = text.replace(/\r$/, '')
    this.typed.push(typed)
    const answer = this.#answers.shift()
    if (answer !== undefined)
      setImmediate(() => {
        this.say(typeof answer === 'string' ? answer : answer(typed))
      })
  }

  close(): void {
    // There is nothing to close.
  }
}

export interface Played {
  readonly program: ConsoleProgram
  readonly playback: Playback
  /** Printed by the shell when the program has ended. */
  readonly end: (exitCode: number) => string
  readonly ended: () => boolean
}

/** Starts the program; `banner` is its output up to the first prompt. */
export async function play(
  prompts: readonly string[],
  banner: string,
  answers: readonly PlayedAnswer[],
  alarm?: string,
): Promise<Played> {
  const playback = new Playback(answers)
  const reader = new ConsoleReader(playback, 'VM under test')
  const markers = new Markers()
  const secret = SECRET.exec(markers.definitions())?.[1] ?? ''
  const marker = markers.next()
  const name = marker.begin.split(' ')[1] ?? ''
  let ended = false
  const starting = ConsoleProgram.start(
    {
      guest: 'VM under test',
      reader,
      commandLine: 'program',
      prompts,
      alarm,
      marker,
      maxOutput: 1e6,
      isOpen: () => !ended,
      logger: silentLogger,
      onEnded: () => {
        ended = true
      },
    },
    within(),
  )
  playback.say(`${secret}${name}<\n${banner}`)
  const end = (exitCode: number) => `${secret}${name}:${exitCode}>\n`
  return { program: await starting, playback, end, ended: () => ended }
}
