/**
 * Error messages that quote commands and output. Logs show the whole quotation; reports show the sentence, and the
 * quotation as evidence. So a message is written once and rendered in two ways.
 */
import { stripTerminalCodes } from './text.ts'

/** A quotation up to this many characters stays in the sentence: a name, a value, a prompt. */
const SHORT = 60

/** How a message quotes. */
export interface Excerpts {
  /** A guest's output: in quotation marks, or `nothing` if it is empty. */
  readonly printed: (text: string, length?: number) => string
  /** A command line, in backticks. */
  readonly command: (line: string) => string
}

/** A message, or a function that writes it with its quotations. */
export type Sentence = string | ((quote: Excerpts) => string)

/** Renders a message inside another one, with the same quotations. */
export function renderSentence(sentence: Sentence, quote: Excerpts): string {
  return typeof sentence === 'string' ? sentence : sentence(quote)
}

export interface ShortText {
  readonly text: string
  /** The quotations that were shortened, without marks, in order. */
  readonly excerpts: readonly string[]
}

export function fullText(sentence: Sentence): string {
  return renderSentence(sentence, { printed: quoteTail, command: inBackticks })
}

/** Long quotations become `"…"`, long command lines the name of their program. */
export function shortText(sentence: Sentence): ShortText {
  if (typeof sentence === 'string') return { text: sentence, excerpts: [] }
  const excerpts: string[] = []
  const text = sentence({
    printed: (printed, length) => {
      const quoted = quoteTail(printed, length)
      if (quoted.length <= SHORT) return quoted
      excerpts.push(tailOf(printed, length))
      return '"…"'
    },
    command: (line) => {
      if (line.length <= SHORT) return inBackticks(line)
      excerpts.push(line)
      return `\`${/^\S{1,40}/.exec(line)?.[0] ?? ''} …\``
    },
  })
  return { text, excerpts }
}

function inBackticks(line: string): string {
  return `\`${line}\``
}

/** The end of an output, made readable within a sentence. */
export function quoteTail(text: string, length = 200): string {
  const tail = tailOf(text, length)
  return tail === '' ? 'nothing' : JSON.stringify(tail)
}

function tailOf(text: string, length = 200): string {
  const tail = stripTerminalCodes(text.slice(-4 * length)).trim()
  return tail.length > length ? `…${tail.slice(-length)}` : tail
}
