/** Recorded consoles for tests: raw bytes from `fixtures/transcripts/`, split into input and answers. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** The raw recording, byte for byte. @param path below `fixtures/transcripts/`; long ones are compressed (`.gz`) */
export function readTranscript(path: string): string {
  const bytes = readFileSync(new URL(`../../../fixtures/transcripts/${path}`, import.meta.url))
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
}

export interface Exchange {
  /** The line as it was echoed. */
  readonly typed: string
  /** The raw text up to the next prompt. */
  readonly answer: string
}

/** All input at this prompt, in order, with the answers. Output before the first prompt is left out. */
export function exchanges(transcript: string, prompt: string): Exchange[] {
  return transcript
    .split(prompt)
    .slice(1)
    .map((piece) => {
      const end = piece.search(/[\r\n]/)
      if (end < 0) return { typed: piece, answer: '' }
      return { typed: piece.slice(0, end), answer: piece.slice(end).replace(/^\r*\n/, '') }
    })
}

/** The raw answers to a line, in order. */
export function answersTo(transcript: string, prompt: string, typed: string): string[] {
  return exchanges(transcript, prompt)
    .filter((exchange) => exchange.typed === typed)
    .map((exchange) => exchange.answer)
}
