/** Removes the kernel's log lines from a console's output, in linear time. */

/** `[   12.345678] ` and `[   12.345678][    T1] `, at the start of every line the kernel prints. */
const KERNEL_STAMP = /\[ {0,11}\d{1,12}\.\d{6}\]/g
const BEGUN_STAMP = /\[[ \d.]{0,20}$/
/** Longer than any line of the kernel's log (LOG_LINE_MAX is under 1024). */
const MAX_KERNEL_LINE = 2048

/** Removes the kernel's lines from a complete text, including an unfinished last line. */
export function withoutKernelLines(text: string): string {
  return text.replace(/\[ {0,11}\d{1,12}\.\d{6}\][^\n]*(?:\n|$)/g, '')
}

/**
 * Removes the kernel's own lines from a console's output, even in the middle of other lines. This works because the
 * terminal's output processing is off (`stty -opost`): a command's lines (even those of `dmesg`) end in a bare newline,
 * and only the kernel's messages to the console end in `\r\n`.
 */
export class KernelLineFilter {
  #held = ''

  /** The bytes to pass on; an unfinished line that may be the kernel's is held back until it ends. */
  push(bytes: Uint8Array): Uint8Array {
    // As Latin-1, every byte is a character, because a kernel line may interrupt a UTF-8 sequence.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const all = this.#held === '' ? text : this.#held + text
    const hold = this.#unfinishedLine(all)
    this.#held = all.slice(hold)
    const passed = hold === all.length ? all : all.slice(0, hold)
    const kept = removeKernelLines(passed)
    return kept === text ? bytes : Buffer.from(kept, 'latin1')
  }

  /** The bytes that are held back. */
  flush(): Uint8Array {
    const held = Buffer.from(this.#held, 'latin1')
    this.#held = ''
    return held
  }

  /** The start of an unfinished line that may be the kernel's. */
  #unfinishedLine(text: string): number {
    const lineStart = Math.max(text.lastIndexOf('\n') + 1, text.length - MAX_KERNEL_LINE)
    const tail = text.slice(lineStart)
    if (!tail.includes('[')) return text.length
    KERNEL_STAMP.lastIndex = 0
    const stamp = KERNEL_STAMP.exec(tail) ?? BEGUN_STAMP.exec(tail)
    return stamp === null ? text.length : lineStart + stamp.index
  }
}

function removeKernelLines(text: string): string {
  if (!text.includes('\r\n')) return text
  const kept: string[] = []
  let from = 0
  for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n', end + 2)) {
    const start = Math.max(from, text.lastIndexOf('\n', end - 1) + 1, end - MAX_KERNEL_LINE)
    // The last time stamp: text before it may be an interrupted line of `dmesg`.
    const stamp = lastStamp(text.slice(start, end))
    if (stamp === -1) continue
    kept.push(text.slice(from, start + stamp))
    from = end + 2
  }
  if (from === 0) return text
  kept.push(text.slice(from))
  return kept.join('')
}

function lastStamp(line: string): number {
  if (!line.includes('] ')) return -1
  let last = -1
  KERNEL_STAMP.lastIndex = 0
  for (let stamp = KERNEL_STAMP.exec(line); stamp !== null; stamp = KERNEL_STAMP.exec(line))
    last = stamp.index
  return last
}
