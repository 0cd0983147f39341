/** The last bytes of a stream, in one block of memory that grows when necessary. */

const FIRST_BLOCK = 4096

export class ByteRing {
  readonly #most: number
  #block = Buffer.alloc(0)
  #pushed = 0

  /** @param most bytes that are kept */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes that are kept. */
  get length(): number {
    return Math.min(this.#pushed, this.#most)
  }

  /** Bytes that had to make room for later ones. */
  get dropped(): number {
    return this.#pushed - this.length
  }

  /** Copies the bytes: a view of them would keep the whole buffer that they were received in. */
  push(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#most))
    this.#pushed += bytes.length - kept.length
    this.#grow(this.length + kept.length)
    const at = this.#most === 0 ? 0 : this.#pushed % this.#most
    const first = kept.subarray(0, this.#block.length - at)
    this.#block.set(first, at)
    this.#block.set(kept.subarray(first.length), 0)
    this.#pushed += kept.length
  }

  /** A copy, from the oldest byte to the newest. */
  bytes(): Buffer {
    if (this.dropped === 0) return Buffer.from(this.#block.subarray(0, this.length))
    const oldest = this.#pushed % this.#most
    return Buffer.concat([this.#block.subarray(oldest), this.#block.subarray(0, oldest)])
  }

  /** Nothing has been overwritten while the block is smaller than it may become: what it has stays where it is. */
  #grow(needed: number): void {
    const { length } = this.#block
    if (length >= Math.min(needed, this.#most)) return
    const block = Buffer.alloc(Math.min(this.#most, Math.max(FIRST_BLOCK, 2 * length, needed)))
    block.set(this.#block)
    this.#block = block
  }
}
