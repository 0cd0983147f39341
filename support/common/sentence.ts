/**
 * Sentences of errors that quote what was typed and printed. Logs want all of it; people who read a report want the
 * sentence, and the quotation beside it as evidence. So an error is written once, and rendered twice.
 */
import { stripTerminalCodes } from './text.ts'

/** Characters up to which a quotation is part of a sentence: a name, a value, a prompt. */
const SHORT = 60

/** How a sentence quotes. */
export interface Excerpts {
  /** What a guest printed: in quotation marks where there is something, else `nothing`. */
  readonly printed: (text: string, length?: number) => string
  /** A command line, in backticks. */
  readonly command: (line: string) => string
}

/** A sentence, or what writes it with its quotations. */
export type Sentence = string | ((quote: Excerpts) => string)

/** A sentence within another one's quotations. */
export function written(sentence: Sentence, quote: Excerpts): string {
  return typeof sentence === 'string' ? sentence : sentence(quote)
}

export interface ShortText {
  readonly text: string
  /** What was left out, without marks, in its order. */
  readonly excerpts: readonly string[]
}

export function fullText(sentence: Sentence): string {
  return written(sentence, { printed: quoteTail, command: inBackticks })
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

/** The end of what was seen, readable within a sentence. */
export function quoteTail(text: string, length = 200): string {
  const tail = tailOf(text, length)
  return tail === '' ? 'nothing' : JSON.stringify(tail)
}

function tailOf(text: string, length = 200): string {
  const tail = stripTerminalCodes(text.slice(-4 * length)).trim()
  return tail.length > length ? `…${tail.slice(-length)}` : tail
}
