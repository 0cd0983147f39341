/**
 * Parses trex-console's output. Colour codes appear inside numbers and lines, success is reported only by text (never
 * by an exit code), and with `verbose on` a second thread prints its own requests and answers.
 */
import { inspect, stripVTControlCharacters } from 'node:util'
import { unparsable } from '../../guest-output.ts'
import type { LinkStatus } from '../../../model/ports.ts'

/** The text without colours and carriage returns, which would make the JSON in it invalid. */
export function trexText(raw: string): string {
  return stripVTControlCharacters(raw).replaceAll('\r', '')
}

/** Prompts at the beginning of a line: events redraw them, and the rest of an answer follows on the same line. */
const PROMPTS = /^(?:trex(?:[ (][^>]{0,30})?>)+/

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replace(PROMPTS, ''))
}

/** An answer of the TRex server, with the request that it answers (`verbose on` shows both). */
export interface ServerAnswer {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  /** Usually an object; some methods answer with a string or an array. */
  readonly result: unknown
}

const REQUEST = '[verbose] Sending Request To Server:'
const RESPONSE = '[verbose] Server Response:'

/**
 * All answers in the text, matched to their requests by id. A single request is answered by an object, several by an
 * array. Answers that are interrupted, or have no request in the text, are left out.
 */
export function serverAnswers(text: string): ServerAnswer[] {
  const requests = new Map<string, Readonly<Record<string, unknown>>>()
  const answers: ServerAnswer[] = []
  for (const { isRequest, message } of messages(text)) {
    const { id } = message
    if (typeof id !== 'string') continue
    if (isRequest) {
      requests.set(id, message)
      continue
    }
    const { method, params } = requests.get(id) ?? {}
    if (typeof method !== 'string' || !('result' in message)) continue
    answers.push({ method, params: isRecord(params) ? params : {}, result: message['result'] })
  }
  return answers
}

interface Message {
  readonly isRequest: boolean
  readonly message: Readonly<Record<string, unknown>>
}

/** The JSON between each heading and the next empty line or redrawn prompt. */
function messages(text: string): Message[] {
  const found: Message[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const heading = lines[index]?.replace(PROMPTS, '').trim()
    if (heading !== REQUEST && heading !== RESPONSE) continue
    let begin = index + 1
    while (begin < lines.length && lines[begin]?.trim() === '') begin++
    let end = begin
    while (end < lines.length && !/^\s*$|^trex/.test(lines[end] ?? '')) end++
    const json = parseJson(lines.slice(begin, end).join('\n'))
    const parts: unknown[] = Array.isArray(json) ? json : [json]
    for (const message of parts) {
      if (isRecord(message)) found.push({ isRequest: heading === REQUEST, message })
    }
    index = end - 1
  }
  return found
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A port's packets since the server started; the console's `clear` does not touch them. */
export interface TrexPortCounters {
  readonly opackets: number
  readonly ipackets: number
  readonly oerrors: number
  readonly ierrors: number
}

/** The last answer on this port's statistics. @throws SuiteError `unparsable` if there is none */
export function portCounters(answers: readonly ServerAnswer[], port: number): TrexPortCounters {
  const answer = answers.findLast(
    ({ method, params }) => method === 'get_port_stats' && params['port_id'] === port,
  )
  if (answer === undefined) throw unparsable(`no statistics of TRex's port ${port}`, methodsOf(answers))
  const count = (name: string): number => {
    const value = isRecord(answer.result) ? answer.result[name] : undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw unparsable(`${name} of TRex's port ${port} is not a count`, inspect(value))
  }
  return {
    opackets: count('opackets'),
    ipackets: count('ipackets'),
    oerrors: count('oerrors'),
    ierrors: count('ierrors'),
  }
}

/** Figures that show whether the generator is at its limit. */
export interface TrexLoad {
  /** Percent of the sending threads' time. */
  readonly cpuUtilization: number
  /** Times that a sending thread found its NIC's queue full. */
  readonly queueFull: number
}

/** @throws SuiteError `unparsable` if there is no answer */
export function trexLoad(answers: readonly ServerAnswer[]): TrexLoad {
  const answer = answers.findLast(({ method }) => method === 'get_global_stats')
  if (answer === undefined) throw unparsable('no global statistics of TRex', methodsOf(answers))
  const number = (name: string): number => {
    const value = isRecord(answer.result) ? answer.result[name] : undefined
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw unparsable(`${name} of TRex is not a number`, inspect(value))
  }
  return { cpuUtilization: number('m_cpu_util'), queueFull: number('m_total_queue_full') }
}

function methodsOf(answers: readonly ServerAnswer[]): string {
  return `answers to ${answers.map(({ method }) => method).join(', ') || 'nothing'}`
}

/** A port's states in stateless mode; any other word is an interrupted one. */
const STATES: readonly string[] = ['DOWN', 'IDLE', 'STREAMS', 'TRANSMITTING', 'PAUSE']

export interface TrexPortState {
  readonly link: LinkStatus
  /** `IDLE`, `TRANSMITTING`, … */
  readonly state: string
}

/** By port, from the table "Port Statistics". @throws SuiteError `unparsable` */
export function portStates(text: string): Map<number, TrexPortState> {
  const rows = linesOf(text)
    .filter((line) => line.length < 1000 && line.includes('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const row = (name: string): string[] => {
    const cells = rows.findLast(([first]) => first === name)
    if (cells === undefined) throw unparsable(`no row "${name}" in TRex's port statistics`, text.slice(-200))
    return cells.slice(1)
  }
  const [ports, links, states] = [row('port'), row('link'), row('state')]
  const known = new Map<number, TrexPortState>()
  for (const [column, port] of ports.entries()) {
    // The last column is the total of the others.
    if (!/^\d{1,3}$/.test(port)) continue
    const link = links[column]
    const state = states[column] ?? ''
    if (link !== 'UP' && link !== 'DOWN')
      throw unparsable(`the link of TRex's port ${port}`, links.join(' | '))
    if (!STATES.includes(state)) throw unparsable(`the state of TRex's port ${port}`, states.join(' | '))
    known.set(Number(port), { link: link === 'UP' ? 'up' : 'down', state })
  }
  return known
}

/** Whether a step that TRex announces (`Starting traffic on port(s)`) is marked as done. */
export function succeeded(text: string, step: string): boolean {
  return linesOf(text).some(
    (line) => line.trimStart().startsWith(step) && line.trimEnd().endsWith('[SUCCESS]'),
  )
}

/** The forms of TRex's error messages; the help's `start -      Start …` is not one. */
const FAILURES: readonly RegExp[] = [
  /^\w+ - \S(?!.*\[(?:server|local)\])/,
  /^\w+: error: /,
  /^\*\*\* (?!Warning)\S/,
  /^Port \d+ : \*\*\* /,
  /^'\w+' cannot be executed in offline mode$/,
  /^'.{1,80}' is an unrecognized command/,
  /\[local\]\[warning\] +- Connection lost /,
  /^Error loading profile /,
  /^[A-Z]\w*Error: /,
]

/**
 * TRex's error messages, empty if there are none: `start - Port 0 : …`, `start: error: …`,
 * `*** [RPC] - Failed to …`, `Port 0 : *** port is already owned by …`.
 */
export function failureLines(text: string): string[] {
  const messages = linesOf(text)
    .filter((line) => line.length < 1000)
    .map((line) => line.trim())
    .filter((line) => FAILURES.some((failure) => failure.test(line)))
    .map((line) => line.replaceAll('*** ', '').replaceAll(' ***', ''))
  if (messages.length > 0) return [...new Set(messages)]
  return linesOf(text)
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line.endsWith('[FAILED]'))
}

/** Whether the console reports that there is no server, or that it lost the connection to it. */
export function serverIsGone(text: string): boolean {
  return wasRefusedOffline(text) || text.includes('Connection lost - ')
}

/** Whether a line had no effect because the console is not connected to the server. */
export function wasRefusedOffline(text: string): boolean {
  return /cannot be executed in offline mode|is not valid while disconnected|Failed to get server response/.test(
    text,
  )
}

/**
 * The console's `events` about other sessions and links, newest last: `Port 0 was forcely taken by another session of
 * you`, `port 0 attributes changed: link: up -> down` (which the console prints only on request). Events that this run
 * caused are left out.
 */
export function interference(events: string): string[] {
  const lines = linesOf(events)
  const messagesOfOthers = lines.flatMap((line, index) => {
    const [, level, messages = ''] = EVENT.exec(line) ?? []
    if (level === undefined) return []
    // The details of an event follow on the lines below it.
    const detail = /^  (\S.*)$/.exec(lines[index + 1] ?? '')?.[1]
    const whole = [messages.trim(), ...(detail === undefined ? [] : [detail.trim()])].join(': ')
    return level === 'warning' || /link/i.test(whole) ? [whole] : []
  })
  return [...new Set(messagesOfOthers)]
}

const EVENT = /^\s*(?:\d+:\s*)?\d{4}-\d\d-\d\d [\d:]{8} - \[(?:server|local)\]\[(\w+)\] +- (.*)$/
