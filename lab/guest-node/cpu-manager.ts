/** Assigns a node's whole cores to Guaranteed pods, like the kubelet's static CPU manager with `full-pcpus-only`. */

export interface CpuManagerOptions {
  /** CPUs of the node. The threads of a core have consecutive numbers. */
  readonly cpus: number
  readonly threadsPerCore: number
  /** The first CPUs, this many, are reserved for the system. */
  readonly reserved: number
}

export class CpuManager {
  readonly #options: CpuManagerOptions
  readonly #taken = new Map<string, readonly number[]>()

  constructor(options: CpuManagerOptions) {
    this.#options = options
  }

  /**
   * Assigns exclusive CPUs to the owner. If it wants none, returns the CPUs that are shared.
   * @throws Error with the kubelet's message if too few are free, or if a core would be shared
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
