/** The output of trex-console, in the format of the recordings (fixtures/transcripts/trex, TRex v3.08). */
import type { TrexPortCounters } from './trex-server.ts'

const sgr = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`
export const bold = sgr(1, 22)
export const underlined = sgr(4, 24)
const red = sgr(31, 39)
const green = sgr(32, 39)
const blue = sgr(34, 39)
const cyan = sgr(36, 39)

export const PYTHON_LINE = "\nUsing 'python3' as Python interpeter\n\n"
export const CONSOLE_BANNER = "\n-=TRex Console v3.0=-\n\nType 'help' or '?' for supported actions\n\n"
export const GOODBYE = 'Shutting down RPC client\n\n'
export const NOT_ACQUIRED = '\n\n*** Failed to acquire all required ports ***\n\n'
export const READ_ONLY = `\n${bold('Read only mode - only few commands will be available')}\n`

const STEP_WIDTH = 60

export function stepBegun(what: string): string {
  return `\n${bold(what.padEnd(STEP_WIDTH))} `
}

export function stepEnded(succeeded: boolean): string {
  return `${bold(succeeded ? green('[SUCCESS]') : red('[FAILED]'))}\n\n`
}

/** The error message of a command. */
export function complaint(command: string, text: string): string {
  return `\n${command} - ${bold(text)}\n\n`
}

export function serverInfo(threads: number, portBandwidthGbps: number): string {
  return (
    `\n${underlined('Server Info:')}\n\n` +
    `Server version:   ${bold('v3.08 @ STL')}\nServer mode:      ${bold('Stateless')}\n` +
    `Server CPU:       ${bold(`${threads} x Simulated processor`)}\n` +
    `Ports count:      ${bold(`2 x ${portBandwidthGbps.toFixed(1)}Gbps @ Unknown\t`)}\n`
  )
}

export function verboseSet(to: 'on' | 'off'): string {
  return `\n${bold(green(`verbose set to ${to}`))}\n\n`
}

/** A line with date for an event of the server or of the console itself. */
export function announcement(source: 'server' | 'local', level: 'info' | 'warning', text: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace('T', ' ')
  return `\n\n${stamp} - ${`[${source}][${level}]`.padEnd(18)} - ${bold(text)}\n\n`
}

/** A number that Python prints with a decimal point even if it is an integer. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** Prints like Python's json.dumps with an indent of 4 and sorted keys. */
export function pythonJson(value: unknown, indent = ''): string {
  if (value instanceof Float) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const deeper = `${indent}    `
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map((item) => pythonJson(item, deeper))]
    : [
        '{',
        '}',
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item, deeper)}`),
      ]
  if (items.length === 0) return `${open}${close}`
  return `${open}\n${items.map((item) => `${deeper}${item}`).join(',\n')}\n${indent}${close}`
}

/** Colours JSON exactly like the console: colours may cover part of a number, or the comma or line end after it. */
export function coloured(json: string): string {
  return json
    .replace(/: (-?[1-9]\d*[^.])/g, ': \x1b[94m$1\x1b[0m')
    .replace(/: (-?[1-9]\d*\.\d+)/g, ': \x1b[35m$1\x1b[0m')
    .replace(
      /: ("[^"]*")/g,
      (_, text: string) => `: \x1b[31m${text.replace(/'[^']*'/g, '\x1b[35m$&\x1b[31m')}\x1b[0m`,
    )
}

export function requestSent(request: unknown): string {
  return `\n\n[verbose] Sending Request To Server:\n\n${coloured(`${pythonJson(request)}\n`)}\n`
}

export function responseReceived(response: unknown): string {
  return `\n\n[verbose] Server Response:\n\n${coloured(`${pythonJson(response)}\n`)}\n`
}

export interface PortView {
  readonly number: number
  readonly owner: string | undefined
  readonly hasLink: boolean
  readonly isSending: boolean
  readonly gbps: number
  /** Packets per second. */
  readonly tx: number
  readonly rx: number
  readonly load: number
  /** Since the console's baseline. */
  readonly counters: TrexPortCounters
}

const FRAME_BITS = 64 * 8
const WIRE_BITS = 84 * 8
const FIRST_COLUMN = 11
const COLUMN = 18

type Paint = (text: string) => string
const plain: Paint = (text) => text

export function portTable(ports: readonly PortView[]): string {
  const total = ports.length > 1
  const cell = (text: string, paint: Paint = plain) =>
    `${' '.repeat(Math.max(0, COLUMN - text.length))}${paint(text)} `
  const row = (name: string, cells: readonly string[], sum = cell('')) =>
    `${name.padEnd(FIRST_COLUMN)}|${[...cells, ...(total ? [sum] : [])].join('|')}\n`
  const each = (name: string, show: (port: PortView) => readonly [string, Paint?]) =>
    row(
      name,
      ports.map((port) => cell(...show(port))),
    )
  const summed = (
    name: string,
    value: (port: PortView) => number,
    show: (value: number) => readonly [string, Paint?],
  ) =>
    row(
      name,
      ports.map((port) => cell(...show(value(port)))),
      cell(...show(ports.reduce((sum, port) => sum + value(port), 0))),
    )
  const rule = (dashes: string) =>
    row(
      dashes,
      ports.map(() => cell('')),
    )
  const count = (name: string, value: (port: PortView) => number) =>
    summed(name, value, (number) => [String(number)])
  const error = (name: string, value: (port: PortView) => number) =>
    summed(name, value, (number) => [String(number), number === 0 ? green : red])
  const rate = (name: string, value: (port: PortView) => number, unit: string) =>
    summed(name, value, (number) => [scaled(number, unit)])
  const titles = [...ports.map(({ number }) => String(number)), ...(total ? ['total'] : [])]
  return [
    `${underlined(cyan('Port Statistics'))}\n\n`,
    `   port    |${titles.map(centred).join('|')}\n`,
    `${'-'.repeat(FIRST_COLUMN)}+${titles.map((_, index) => '-'.repeat(index === titles.length - 1 ? COLUMN : COLUMN + 1)).join('+')}\n`,
    each('owner', ({ owner }) => [owner ?? '', green]),
    each('link', ({ hasLink }) => (hasLink ? ['UP'] : ['DOWN', (text) => bold(red(text))])),
    each('state', ({ isSending }) =>
      isSending ? ['TRANSMITTING', (text) => bold(green(text))] : ['IDLE', bold],
    ),
    each('speed', ({ gbps }) => [`${gbps} Gb/s`]),
    each('CPU util.', ({ load }) => [`${load.toFixed(1)}%`, (text) => `${green(text.slice(0, -1))}%`]),
    rule('--'),
    rate('Tx bps L2', ({ tx }) => tx * FRAME_BITS, 'bps'),
    rate('Tx bps L1', ({ tx }) => tx * WIRE_BITS, 'bps'),
    row(
      'Tx pps',
      ports.map(({ tx, isSending }) =>
        cell(scaled(tx, 'pps'), isSending ? (text) => bold(blue(text)) : plain),
      ),
      cell(
        scaled(
          ports.reduce((sum, { tx }) => sum + tx, 0),
          'pps',
        ),
      ),
    ),
    each('Line Util.', ({ tx, gbps }) => [`${short((tx * WIRE_BITS) / gbps / 1e7)} %`, bold]),
    rule('---'),
    rate('Rx bps', ({ rx }) => rx * FRAME_BITS, 'bps'),
    rate('Rx pps', ({ rx }) => rx, 'pps'),
    rule('----'),
    count('opackets', ({ counters }) => counters.opackets),
    count('ipackets', ({ counters }) => counters.ipackets),
    count('obytes', ({ counters }) => counters.obytes),
    count('ibytes', ({ counters }) => counters.ibytes),
    rate('tx-pkts', ({ counters }) => counters.opackets, 'pkts'),
    rate('rx-pkts', ({ counters }) => counters.ipackets, 'pkts'),
    rate('tx-bytes', ({ counters }) => counters.obytes, 'B'),
    rate('rx-bytes', ({ counters }) => counters.ibytes, 'B'),
    rule('-----'),
    error('oerrors', ({ counters }) => counters.oerrors),
    error('ierrors', ({ counters }) => counters.ierrors),
    '\n',
  ].join('')
}

export interface GlobalView {
  readonly threads: number
  readonly load: number
  readonly tx: number
  readonly rx: number
  readonly queueFull: number
}

export function globalTable({ threads, load, tx, rx, queueFull }: GlobalView): string {
  const busy = load > 85 ? red : green
  const line = (
    [left, value, paint = plain]: readonly [string, string, Paint?],
    [right, other, paintOther = plain]: readonly [string, string, Paint?],
  ) =>
    `${left.padEnd(13)}: ${paint(value)}${' '.repeat(Math.max(0, 43 - value.length))}` +
    `${right.padEnd(13)}: ${paintOther(other)}${' '.repeat(Math.max(0, 31 - other.length))}\n`
  const percent = (paint: Paint) => (text: string) => text.replace(/^[\d.]+/, paint)
  // The row has another name if its value is not 0.
  const queue = queueFull === 0 ? 'queue_full' : 'queue_drop'
  return [
    `${underlined(cyan('Global Statistics'))}\n\n`,
    line(['connection', 'localhost, Port 4501'], ['total_tx_L2', scaled(tx * FRAME_BITS, 'bps')]),
    line(['version', 'STL @ v3.08'], ['total_tx_L1', scaled(tx * WIRE_BITS, 'bps')]),
    line(
      ['cpu_util.', `${load.toFixed(1)}% @ ${threads} cores (${threads} per dual port)`, percent(busy)],
      ['total_rx', scaled(rx * FRAME_BITS, 'bps')],
    ),
    line(['rx_cpu_util.', `0.0% / ${scaled(rx, 'pps')}`, percent(green)], ['total_pps', scaled(tx, 'pps')]),
    line(['async_util.', '0% / 0 bps', percent(green)], ['drop_rate', '0 bps', green]),
    line(['total_cps.', '0 cps'], [queue, scaled(queueFull, 'pkts'), queueFull === 0 ? green : red]),
    '\n',
  ].join('')
}

/** E.g. `260.78 Kbps`. */
function scaled(value: number, unit: string): string {
  const prefixes = ['', 'K', 'M', 'G', 'T']
  let scale = 0
  while (value >= 1000 && scale < prefixes.length - 1) {
    value /= 1000
    scale++
  }
  return `${short(value)} ${prefixes[scale] ?? ''}${unit}`
}

function short(value: number): string {
  return String(Number(value.toFixed(2)))
}

function centred(text: string): string {
  const left = Math.floor((COLUMN + 1 - text.length) / 2)
  return `${' '.repeat(left)}${text}${' '.repeat(COLUMN + 1 - text.length - left)}`
}
