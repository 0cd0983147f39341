/** Whole cores of a node for its Guaranteed pods, as the kubelet's static CPU manager with `full-pcpus-only`. */

export interface CpuManagerOptions {
  /** CPUs of the node; those of a core are neighbours. */
  readonly cpus: number
  readonly threadsPerCore: number
  /** The first ones, which stay the system's. */
  readonly reserved: number
}

export class CpuManager {
  readonly #options: CpuManagerOptions
  readonly #taken = new Map<string, readonly number[]>()

  constructor(options: CpuManagerOptions) {
    this.#options = options
  }

  /**
   * CPUs that are the owner's alone; with a wish for none, all that are nobody's alone.
   * @throws Error in the kubelet's words where there are not enough, or where a core would be shared
   */
  take(owner: string, wanted: number): readonly number[] {
    const { threadsPerCore } = this.#options
    if (wanted === 0) return this.#shared()
    if (wanted % threadsPerCore !== 0)
      throw new Error(
        `SMT Alignment Error: requested ${wanted} cpus not multiple cpus per core = ${threadsPerCore}`,
      )
    const free = this.#free()
    if (free.length < wanted)
      throw new Error(
        `not enough cpus available to satisfy request: requested=${wanted}, available=${free.length}`,
      )
    const given = free.slice(0, wanted)
    this.#taken.set(owner, given)
    return given
  }

  release(owner: string): void {
    this.#taken.delete(owner)
  }

  #free(): number[] {
    const taken = new Set([...this.#taken.values()].flat())
    const all = Array.from({ length: this.#options.cpus }, (_, cpu) => cpu)
    return all.filter((cpu) => cpu >= this.#options.reserved && !taken.has(cpu))
  }

  #shared(): number[] {
    return [...Array.from({ length: this.#options.reserved }, (_, cpu) => cpu), ...this.#free()]
  }
}
