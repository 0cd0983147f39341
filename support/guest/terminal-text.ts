/** What a terminal adds to text, and how to take it away again. Everything here is linear in its input. */

/** CSI, OSC (title strings and the like) and two-character escape sequences (ECMA-48). */
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\^-~])/g

/** Everything a terminal acts on but tab and newline. */
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f]/g

/** The text without escape sequences, carriage returns and other control characters. */
export function plainText(text: string): string {
  const unescaped = text.includes('\x1b') ? text.replace(ESCAPE_SEQUENCE, '') : text
  return unescaped.replace(CONTROL_CHARACTER, '')
}

/** The end of what was seen, readable within a sentence. */
export function quoteTail(text: string, length = 200): string {
  const tail = plainText(text.slice(-4 * length)).trim()
  if (tail === '') return 'nothing'
  return JSON.stringify(tail.length > length ? `…${tail.slice(-length)}` : tail)
}

/** `[   12.345678] ` and `[   12.345678][    T1] `, at the start of every line the kernel prints. */
const KERNEL_STAMP = /\[ {0,11}\d{1,12}\.\d{6}\]/g
const BEGUN_STAMP = /\[[ \d.]{0,20}$/
/** Longer than any line of the kernel's log (LOG_LINE_MAX is under 1024). */
const MAX_KERNEL_LINE = 2048

/** Text from which lines of the kernel are taken whether they end in a newline or in the text's end. */
export function withoutKernelLines(text: string): string {
  return text.replace(/\[ {0,11}\d{1,12}\.\d{6}\][^\n]*(?:\n|$)/g, '')
}

/**
 * Takes the kernel's own lines out of a console's text, wherever they tore it. That is possible because
 * the terminal's output processing is switched off (`stty -opost`): then a command's lines end in a bare
 * newline, `dmesg`'s included, and only what the kernel writes to the console by itself ends in `\r\n`.
 */
export class KernelLineFilter {
  #held = ''

  /** The text to pass on; a line begun that may be the kernel's is held back until its end is seen. */
  push(text: string): string {
    const all = this.#held === '' ? text : this.#held + text
    this.#held = ''
    const hold = this.#unfinishedLine(all)
    this.#held = all.slice(hold)
    return removeKernelLines(all.slice(0, hold))
  }

  /** Whatever is held back. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  #unfinishedLine(text: string): number {
    const lineStart = text.lastIndexOf('\n') + 1
    const tail = text.slice(lineStart)
    if (!tail.includes('[')) return text.length
    KERNEL_STAMP.lastIndex = 0
    const stamp = KERNEL_STAMP.exec(tail)?.index ?? BEGUN_STAMP.exec(tail.slice(-24))
    if (stamp === null) return text.length
    if (typeof stamp !== 'number') return text.length - stamp[0].length
    return tail.length - stamp > MAX_KERNEL_LINE ? text.length : lineStart + stamp
  }
}

function removeKernelLines(text: string): string {
  if (!text.includes('\r\n')) return text
  const kept: string[] = []
  let from = 0
  let lineEnd = -1
  KERNEL_STAMP.lastIndex = 0
  for (;;) {
    const stamp = KERNEL_STAMP.exec(text)
    if (stamp === null) break
    if (lineEnd < stamp.index) lineEnd = text.indexOf('\n', stamp.index)
    if (lineEnd === -1) break
    if (text[lineEnd - 1] !== '\r') continue
    kept.push(text.slice(from, stamp.index))
    from = lineEnd + 1
    KERNEL_STAMP.lastIndex = from
  }
  if (from === 0) return text
  kept.push(text.slice(from))
  return kept.join('')
}
