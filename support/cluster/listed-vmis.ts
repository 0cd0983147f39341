/**
 * The VMIs of one run, read together: whoever polls one of them gets it from a list of all, of which there is at most one
 * per interval. So the number of requests grows with time, not with the number of VMIs.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Limits, withLimits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError, isApiError } from './api-error.ts'
import { type Vmi, type VmiLabel, Vmis } from './vmi.ts'

/** Milliseconds between the starts of two lists. */
const INTERVAL = 1000

export interface ListedScope {
  readonly namespace: string
  readonly label: VmiLabel
  /** Limits of one list, however long its callers wait. */
  readonly limits: () => Limits
}

export class ListedVmis extends Vmis {
  readonly #scope: ListedScope
  #lastStart = -Infinity
  /** The list that begins next: a poll gets the answer of a list that began after the poll. */
  #next: Promise<ReadonlyMap<string, Vmi> | undefined> | undefined

  constructor(client: ApiClient, scope: ListedScope) {
    super(client)
    this.#scope = scope
  }

  /** Without the permission to list, each VMI is read separately. @throws as `Vmis.get` */
  override async get(namespace: string, name: string, limits: Limits): Promise<Vmi> {
    const doing = `reading VMI ${namespace}/${name}`
    const all = await withLimits({ ...limits, describe: () => doing }, () => this.#listed())
    if (all === undefined) return super.get(namespace, name, limits)
    const found = all.get(name)
    if (found === undefined) throw new ApiError(doing, 404, NOT_FOUND)
    return found
  }

  #listed(): Promise<ReadonlyMap<string, Vmi> | undefined> {
    this.#next ??= this.#list()
    return this.#next
  }

  async #list(): Promise<ReadonlyMap<string, Vmi> | undefined> {
    const { namespace, label, limits } = this.#scope
    const pause = this.#lastStart + INTERVAL - performance.now()
    // Always later, so that `#next` is this list until it begins.
    await sleep(Math.max(0, pause))
    this.#lastStart = performance.now()
    this.#next = undefined
    try {
      const all = await this.list(namespace, label, limits())
      return new Map(all.map((vmi) => [vmi.metadata.name, vmi]))
    } catch (error) {
      if (isApiError(error, 403)) return undefined
      throw error
    }
  }
}

const NOT_FOUND = JSON.stringify({ kind: 'Status', reason: 'NotFound' })
