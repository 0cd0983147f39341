/**
 * The VMIs of all nodes of a matrix: each is booted once, as many at the same time as the limit allows. One that is lost
 * is replaced once; then its node has none in that role.
 */
import { describeError, isSuiteError } from '../../common/errors.ts'
import { type Role, TITLES } from '../../model/role.ts'
import { timeouts } from '../../model/timeouts.ts'
import type { Owner } from '../../run/owner.ts'
import type { Run } from '../../run/run.ts'
import type { Provisionable } from '../configure.ts'
import { BOOTS_AT_ONCE } from './matrix-time.ts'
import {
  bringUp,
  type Generator,
  type NodeGuest,
  NotUsable,
  planNode,
  type VmUnderTest,
} from './node-guest.ts'

/** Which of a node's VMIs is meant. */
export interface GuestKey {
  readonly node: string
  readonly role: Role
}

interface State {
  /** How often a VMI was created for this node and role. */
  boots: number
  guest: NodeGuest | undefined
  /** Aborts the work with it when it is lost. */
  end: AbortController
  /** Why there is none, as a sentence; undefined if it was not needed yet. */
  why: string | undefined
}

/** How often a VMI is created for a node and role whose VMIs are lost. */
const MOST_BOOTS = 2

/** Codes of errors after which another attempt may succeed. */
const CONNECTION = ['console-lost', 'console-unreachable', 'console-refused', 'unreachable'] as const

export interface PoolSetting {
  readonly run: Run
  readonly configured: Provisionable
  readonly owner: Owner | undefined
  /** Creates a VMI, until it can send or forward. Default: `bringUp`; for tests. */
  readonly bring?: typeof bringUp
  readonly onBooted?: (done: number, of: number) => void
}

export class GuestPool {
  readonly #setting: PoolSetting
  readonly #states = new Map<string, State>()
  /** VMIs of lost guests that are being removed. */
  readonly #removals = new Set<Promise<void>>()

  constructor(setting: PoolSetting) {
    this.#setting = setting
  }

  /** The guests that run, and the names of their VMIs. */
  get running(): readonly NodeGuest[] {
    return [...this.#states.values()].flatMap(({ guest }) => guest ?? [])
  }

  /**
   * Brings up the guests that do not run, each once, unless they have failed for good. Never throws, but if the run ends: what
   * cannot be brought up is `missing`.
   */
  async bringUp(keys: readonly GuestKey[]): Promise<void> {
    const byState = new Map(keys.map((key) => [this.#state(key), key]))
    const needed = [...byState].flatMap(([{ guest, boots }, key]) =>
      guest === undefined && boots < MOST_BOOTS ? [key] : [],
    )
    let done = 0
    const { onBooted, run } = this.#setting
    onBooted?.(done, needed.length)
    await eachOf(needed, 2 * BOOTS_AT_ONCE, async (key) => {
      await this.#boot(key)
      done += 1
      onBooted?.(done, needed.length)
    })
    run.signal.throwIfAborted()
  }

  generator(node: string): Generator | undefined {
    const { guest } = this.#state({ node, role: 'traffic-generator' })
    return guest?.role === 'traffic-generator' ? guest : undefined
  }

  vmUnderTest(node: string): VmUnderTest | undefined {
    const { guest } = this.#state({ node, role: 'vm-under-test' })
    return guest?.role === 'vm-under-test' ? guest : undefined
  }

  /** Aborts when this guest is lost. */
  endOf(key: GuestKey): AbortSignal {
    return this.#state(key).end.signal
  }

  /** Why a guest does not run, as a sentence; undefined if it does. */
  missing(key: GuestKey): string | undefined {
    const { guest, why } = this.#state(key)
    if (guest !== undefined) return undefined
    return why ?? `the ${TITLES[key.role]} on ${key.node} was not created`
  }

  /** Whether a guest is lost for good. */
  isLost(key: GuestKey): boolean {
    const { guest, boots } = this.#state(key)
    return guest === undefined && boots >= MOST_BOOTS
  }

  /** Removes a guest, which may be needed again later. */
  async release(key: GuestKey): Promise<void> {
    const state = this.#state(key)
    const { guest } = state
    if (guest === undefined) return
    state.guest = undefined
    state.boots = 0
    await guest.remove()
  }

  /** A guest can no longer be used. Its VMI is removed before it is replaced. */
  lose(guest: NodeGuest, why: string): void {
    const { node, role } = guest
    const state = this.#state({ node, role })
    if (state.guest !== guest) return
    state.guest = undefined
    state.why = `the ${TITLES[role]} on ${node} was lost: ${why}`
    state.end.abort(new Error(state.why))
    guest.keepConsole()
    this.#removals.add(guest.remove().catch(() => undefined))
  }

  #state(key: GuestKey): State {
    const id = `${key.role} ${key.node}`
    let state = this.#states.get(id)
    if (state === undefined) {
      state = { boots: 0, guest: undefined, end: new AbortController(), why: undefined }
      this.#states.set(id, state)
    }
    return state
  }

  async #boot(key: GuestKey): Promise<void> {
    const { run, configured, owner, bring = bringUp } = this.#setting
    if (run.signal.aborted) return
    const { node, role } = key
    const state = this.#state(key)
    await Promise.all(this.#removals)
    state.boots += 1
    const isOut = state.boots === 1 ? undefined : await this.#whyNodeIsOut(node)
    if (isOut !== undefined) {
      state.why = `${state.why ?? ''}; then ${isOut}`
      return
    }
    try {
      // Another boot has another name, because the former VMI may still be going.
      const testbed = planNode(run, configured, node, owner)
      state.guest = await bring(run, configured, node, testbed, role)
      state.end = new AbortController()
      state.why = undefined
    } catch (error) {
      state.why = error instanceof NotUsable ? error.message : describeError(error)
      // Another attempt would only show the same, unless the way to the guest was interrupted.
      const cause = error instanceof NotUsable ? error.cause : error
      if (!isSuiteError(cause, ...CONNECTION)) state.boots = MOST_BOOTS
    }
  }

  /** Why the node of a VMI is gone; undefined if the node is there, or cannot be read. */
  async #whyNodeIsOut(name: string): Promise<string | undefined> {
    const { run, configured } = this.#setting
    try {
      const read = await configured.cluster.inventory.node(name, run.limits(timeouts.apiRequest))
      if ('missing' in read) return `node ${name} is gone`
      if (!('found' in read)) return undefined
      const ready = read.found.status?.conditions?.find(({ type }) => type === 'Ready')
      return ready?.status === 'True' ? undefined : `node ${name} is not Ready`
    } catch {
      return undefined
    }
  }
}

/** Calls `work` for all items, at most `atOnce` at the same time. */
async function eachOf<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker))
}
