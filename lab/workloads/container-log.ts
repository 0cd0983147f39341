/** A container's output as lines with their times. Like the kubelet, it keeps at most the last 10 MiB. */
const MOST_KEPT = 10 * 1024 * 1024
/** Bytes; container runtimes split longer lines. */
const LONGEST_LINE = 16 * 1024

export interface LogLine {
  readonly time: Date
  readonly text: string
}

export class ContainerLog {
  readonly #lines: LogLine[] = []
  readonly #partial = new Map<object, string>()
  readonly #listeners = new Set<() => void>()
  #size = 0
  /** The number of dropped lines: line numbers count them, so they stay valid. */
  #forgotten = 0
  #ended = false

  /** Adds output of one stream of the container. */
  write(stream: object, text: string): void {
    const parts = `${this.#partial.get(stream) ?? ''}${text}`.split('\n')
    let rest = parts.pop() ?? ''
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE))
      parts.push(rest.slice(0, LONGEST_LINE))
    this.#partial.set(stream, rest)
    for (const part of parts) this.#add(part)
    if (parts.length > 0) this.#tell()
  }

  /** Ends the log; an incomplete last line becomes a line. */
  end(): void {
    for (const rest of this.#partial.values()) if (rest !== '') this.#add(rest)
    this.#partial.clear()
    this.#ended = true
    this.#tell()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The number of the next line. */
  get length(): number {
    return this.#forgotten + this.#lines.length
  }

  /** The lines from a number on, without dropped ones. */
  from(number: number): readonly LogLine[] {
    return this.#lines.slice(Math.max(0, number - this.#forgotten))
  }

  /** Calls the listener after new lines and at the end. Returns the unsubscribe function. */
  onMore(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #add(text: string): void {
    this.#lines.push({ time: new Date(), text })
    this.#size += text.length + 1
    if (this.#size <= MOST_KEPT) return
    let dropped = 0
    for (; this.#size > MOST_KEPT / 2; dropped++) this.#size -= (this.#lines[dropped]?.text.length ?? 0) + 1
    this.#lines.splice(0, dropped)
    this.#forgotten += dropped
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
