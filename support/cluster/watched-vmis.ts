/**
 * The VMIs of one run, watched while somebody waits for one of them: a list, and one watch of all from there. Whatever
 * ends the watch (a proxy, a restart, a version that is too old) leads to a list and a watch again. Where a watch is
 * refused, is cut again and again, or brings nothing although a list shows a change (a proxy buffers it), the VMIs are
 * polled by lists from then on.
 */
import { type Limits, sleepUntil, withLimits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { type ListedScope, ListedVmis } from './listed-vmis.ts'
import { selectVmis, type Vmi, vmiOf } from './vmi.ts'
import { openWatch, type WatchHandlers } from './watch-stream.ts'

/** In milliseconds. */
export interface WatchPacing {
  /** A silent watch is compared with a list after this time; later if the wait is long. */
  readonly silence: number
  /** The same if the watch has brought an event: then it is not buffered, at least not all of it. */
  readonly provenSilence: number
  /** How long an event may be on its way that a list shows already. */
  readonly grace: number
  /** At least so long after a list, the next one is made because a watch ended. */
  readonly relist: number
  /** A watch that ends sooner ended early; servers keep one for half an hour. */
  readonly early: number
}

const PACING: WatchPacing = {
  silence: 2000,
  provenSilence: 10_000,
  grace: 1000,
  relist: 1000,
  early: 10_000,
}

/** Watches in a row that end early, after which VMIs are polled. */
const MOST_EARLY = 3

/** Opens a watch of a collection; returns what closes it. */
type Open = (
  path: string,
  query: Readonly<Record<string, string>>,
  handlers: WatchHandlers,
) => Promise<() => void>

type VmisByName = Map<string, Vmi>

interface Stream {
  readonly vmis: VmisByName
  readonly openedAt: number
  isOpen: boolean
  /** Events so far, bookmarks included. */
  events: number
  /** Resolves at the next event, or its end. */
  next: PromiseWithResolvers<undefined>
  /** When it brought an event last, or agreed with a list. */
  heardAt: number
  close: () => void
}

export class WatchedVmis extends ListedVmis {
  readonly #scope: ListedScope
  readonly #open: Open
  readonly #pacing: WatchPacing
  /** Waits in progress. The watch ends with the last one. */
  #waits = 0
  #firstWaitAt = 0
  #stream: Stream | undefined
  #refreshing: Promise<ReadonlyMap<string, Vmi> | undefined> | undefined
  #early = 0
  #isPolled = false
  readonly #changes = new Map<string, PromiseWithResolvers<undefined>>()

  constructor(
    client: ApiClient,
    scope: ListedScope,
    { open, pacing = PACING }: { readonly open?: Open; readonly pacing?: WatchPacing } = {},
  ) {
    super(client, scope)
    this.#scope = scope
    this.#open = open ?? ((...watch) => openWatch(client.kubeConfig, ...watch))
    this.#pacing = pacing
  }

  override waitReady(...wait: Parameters<ListedVmis['waitReady']>): Promise<Vmi> {
    return this.#whileFollowed(() => super.waitReady(...wait))
  }

  override waitGone(...wait: Parameters<ListedVmis['waitGone']>): Promise<void> {
    return this.#whileFollowed(() => super.waitGone(...wait))
  }

  /** A VMI that is neither listed nor watched is read: only the API server knows that it is gone. */
  protected override async poll(namespace: string, name: string, limits: Limits): Promise<Vmi> {
    const doing = `reading VMI ${namespace}/${name}`
    const all = await withLimits({ ...limits, describe: () => doing }, () => this.#current())
    return all?.get(name) ?? this.get(namespace, name, limits)
  }

  protected override readonly changeOf = (name: string): Promise<unknown> => {
    const change = this.#changes.get(name) ?? Promise.withResolvers<undefined>()
    this.#changes.set(name, change)
    return change.promise
  }

  async #whileFollowed<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waits === 0) this.#firstWaitAt = performance.now()
    this.#waits += 1
    try {
      return await wait()
    } finally {
      this.#waits -= 1
      if (this.#waits === 0) this.#close()
    }
  }

  /** Undefined if VMIs have to be polled. */
  #current(): Promise<ReadonlyMap<string, Vmi> | undefined> {
    if (this.#isPolled) return Promise.resolve(undefined)
    const stream = this.#stream
    if (stream?.isOpen === true && !this.#isDue(stream)) return Promise.resolve(stream.vmis)
    this.#refreshing ??= this.#refresh(stream).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  #isDue({ heardAt, events }: Stream): boolean {
    const now = performance.now()
    const least = events > 0 ? this.#pacing.provenSilence : this.#pacing.silence
    return now - heardAt >= Math.max(least, (now - this.#firstWaitAt) / 2)
  }

  async #refresh(before: Stream | undefined): Promise<ReadonlyMap<string, Vmi> | undefined> {
    const { namespace, label, limits } = this.#scope
    const eventsBefore = before?.events ?? 0
    try {
      const { items, resourceVersion } = await this.listWithVersion(namespace, label, limits())
      const listed = new Map(items.map((vmi) => [vmi.metadata.name, vmi]))
      if (before?.isOpen === true) return await this.#compare(before, eventsBefore, listed)
      this.#follow(listed, resourceVersion)
      return listed
    } catch (error) {
      if (!isApiError(error, 403)) throw error
      this.#pollFromNow()
      return undefined
    }
  }

  /** Whether a silent watch is only silent. A watch that brought something meanwhile is as new as the list. */
  async #compare(
    stream: Stream,
    eventsBefore: number,
    listed: VmisByName,
  ): Promise<ReadonlyMap<string, Vmi>> {
    if (!isSame(stream.vmis, listed)) {
      if (stream.events === eventsBefore) await sleepUntil(stream.next.promise, this.#pacing.grace)
      if (stream.events === eventsBefore) {
        if (stream.isOpen) this.#pollFromNow()
        return listed
      }
    }
    stream.heardAt = performance.now()
    return stream.vmis
  }

  #follow(vmis: VmisByName, resourceVersion: string | undefined): void {
    if (this.#waits === 0) return
    const now = performance.now()
    const stream: Stream = {
      vmis,
      openedAt: now,
      isOpen: true,
      events: 0,
      next: Promise.withResolvers(),
      heardAt: now,
      close: () => undefined,
    }
    this.#stream = stream
    const { path, query } = selectVmis(this.#scope.namespace, this.#scope.label)
    const asked = {
      ...query,
      allowWatchBookmarks: 'true',
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }
    const onEvent = (type: string, object: unknown) => {
      this.#take(stream, type, object)
    }
    const onEnd = (status?: number) => {
      this.#end(stream, status)
    }
    // A server or proxy may answer only with the first event, so the code does not wait for the answer.
    this.#open(path, asked, { onEvent, onEnd }).then(
      (close) => {
        if (stream.isOpen) stream.close = close
        else close()
      },
      () => {
        onEnd()
      },
    )
  }

  #take(stream: Stream, type: string, object: unknown): void {
    if (!stream.isOpen) return
    stream.events += 1
    stream.heardAt = performance.now()
    stream.next.resolve(undefined)
    stream.next = Promise.withResolvers()
    if (type === 'BOOKMARK') return
    const vmi = vmiOf(object)
    // After an error the VMIs are listed; the list also shows what is wrong with an object that is not a VMI.
    if (type === 'ERROR' || vmi === undefined) {
      this.#end(stream)
      return
    }
    const { name } = vmi.metadata
    if (type === 'DELETED') stream.vmis.delete(name)
    else stream.vmis.set(name, vmi)
    this.#wake(name)
  }

  #end(stream: Stream, status?: number): void {
    if (!stream.isOpen) return
    stream.isOpen = false
    stream.next.resolve(undefined)
    stream.close()
    const lasted = performance.now() - stream.openedAt
    this.#early = lasted < this.#pacing.early ? this.#early + 1 : 0
    if (status === 403 || this.#early >= MOST_EARLY) {
      this.#pollFromNow()
      return
    }
    setTimeout(
      () => {
        this.#wakeAll()
      },
      Math.max(0, this.#pacing.relist - lasted),
    ).unref()
  }

  #pollFromNow(): void {
    this.#isPolled = true
    this.#close()
    this.#wakeAll()
  }

  #close(): void {
    const stream = this.#stream
    this.#stream = undefined
    if (stream?.isOpen !== true) return
    stream.isOpen = false
    stream.close()
  }

  #wake(name: string): void {
    this.#changes.get(name)?.resolve(undefined)
    this.#changes.delete(name)
  }

  #wakeAll(): void {
    for (const name of [...this.#changes.keys()]) this.#wake(name)
  }
}

function isSame(ones: VmisByName, others: VmisByName): boolean {
  const versionOf = ({ metadata }: Vmi) => metadata.resourceVersion
  return (
    ones.size === others.size &&
    [...others].every(([name, vmi]) => {
      const known = ones.get(name)
      return known !== undefined && versionOf(known) === versionOf(vmi)
    })
  )
}
