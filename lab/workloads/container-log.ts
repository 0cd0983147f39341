/** What a container wrote, line by line with its time, as the kubelet keeps it: the last 10 MiB. */
const MOST_KEPT = 10 * 1024 * 1024
/** Bytes; the container runtime breaks longer lines. */
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
  /** How many lines were forgotten, so that a reader's place stays the same line. */
  #forgotten = 0
  #ended = false

  /** Text as it comes out of one stream of the container. */
  write(stream: object, text: string): void {
    const parts = `${this.#partial.get(stream) ?? ''}${text}`.split('\n')
    let rest = parts.pop() ?? ''
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE))
      parts.push(rest.slice(0, LONGEST_LINE))
    this.#partial.set(stream, rest)
    for (const part of parts) this.#add(part)
    if (parts.length > 0) this.#tell()
  }

  /** Nothing more will come; what was begun is a line too. */
  end(): void {
    for (const rest of this.#partial.values()) if (rest !== '') this.#add(rest)
    this.#partial.clear()
    this.#ended = true
    this.#tell()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The number of the line to come. */
  get length(): number {
    return this.#forgotten + this.#lines.length
  }

  /** The lines kept from that number on. */
  from(number: number): readonly LogLine[] {
    return this.#lines.slice(Math.max(0, number - this.#forgotten))
  }

  /** Calls back when there are more lines, or the end. Returns what stops it. */
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
