/** A watch: sends the existing objects, if requested, then every change, each as one JSON line. */
import { type KubeObject, type ResourceKind, StatusError, type StoreEvent } from './contract.ts'
import { apiVersionOf } from './kinds.ts'
import type { Change, MemoryStore } from './memory-store.ts'
import type { Matcher } from './selectors.ts'
import { failureBody } from './status.ts'
import { tableOf } from './table.ts'

export interface WatchOptions {
  readonly kind: ResourceKind
  /** Undefined: every namespace. */
  readonly namespace: string | undefined
  readonly matches: Matcher
  /** Sends changes after this version; undefined: existing objects first, then every change. */
  readonly since: number | undefined
  readonly bookmarks: boolean
  /** Whether a bookmark marks the end of the existing objects. */
  readonly markInitialEnd: boolean
  /** Milliseconds; undefined: as long as kube-apiserver keeps a watch. */
  readonly timeout: number | undefined
  readonly asTable: boolean
  /** Aborts when the server goes away. */
  readonly closing: AbortSignal
}

/** Milliseconds; kube-apiserver sends one bookmark per minute. */
const BOOKMARK_INTERVAL = 60_000
/** Milliseconds; kube-apiserver ends a watch after 30 to 60 minutes. */
const LONGEST_WATCH = 45 * 60_000

const encoder = new TextEncoder()

export function watchStream(store: MemoryStore, options: WatchOptions): ReadableStream<Uint8Array> {
  const ended = new AbortController()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (type: string, object: object) => {
        controller.enqueue(encoder.encode(`${JSON.stringify({ type, object })}\n`))
      }
      const close = () => {
        if (ended.signal.aborted) return
        ended.abort()
        controller.close()
      }
      run(store, options, send, close, ended.signal)
    },
    cancel() {
      ended.abort()
    },
  })
}

function run(
  store: MemoryStore,
  options: WatchOptions,
  send: (type: string, object: object) => void,
  close: () => void,
  ended: AbortSignal,
): void {
  const { kind, namespace, matches, since, bookmarks, timeout = LONGEST_WATCH, closing } = options
  const sendObject = objectSender(options, send)
  const inScope: Matcher = (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && matches(object)
  const onChange = (change: Change) => {
    // A watch from a future version gets no events before that version.
    if (since !== undefined && change.resourceVersion <= since) return
    const seen = changeAsSeen(change, inScope)
    if (seen !== undefined) sendObject(seen.type, seen.object)
  }
  let marked: number | undefined
  const bookmark = (annotations?: Record<string, string>) => {
    if (marked === store.version) return
    marked = store.version
    const metadata = { resourceVersion: String(store.version), ...(annotations ? { annotations } : {}) }
    send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata })
  }
  try {
    if (since === undefined)
      for (const object of store.list(kind, namespace).filter(matches)) sendObject('ADDED', object)
    else store.changesSince(kind, since).forEach(onChange)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    send('ERROR', failureBody(error))
    close()
    return
  }
  if (options.markInitialEnd) bookmark({ 'k8s.io/initial-events-end': 'true' })
  const stop = store.watch(kind, onChange)
  const marks = setInterval(() => {
    if (bookmarks) bookmark()
  }, BOOKMARK_INTERVAL)
  const end = setTimeout(() => {
    if (bookmarks) bookmark()
    close()
  }, timeout)
  closing.addEventListener('abort', close, { once: true })
  ended.addEventListener('abort', () => {
    stop()
    clearInterval(marks)
    clearTimeout(end)
    closing.removeEventListener('abort', close)
  })
  if (closing.aborted) close()
}

/**
 * The event of a change in a watch with a selector: ADDED if the object matches only now, DELETED if it no longer
 * matches. DELETED then contains the last matching object, with the resource version of the change.
 */
function changeAsSeen(change: Change, inScope: Matcher): StoreEvent | undefined {
  const { previous, object } = change
  const before = previous !== undefined && inScope(previous)
  const after = change.type !== 'DELETED' && inScope(object)
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object }
  if (!before) return undefined
  const { resourceVersion = '' } = object.metadata
  const lastSeen = { ...previous, metadata: { ...previous.metadata, resourceVersion } }
  return { type: 'DELETED', object: change.type === 'DELETED' ? object : lastSeen }
}

function objectSender({ asTable, kind }: WatchOptions, send: (type: string, object: object) => void) {
  let headless = false
  return (type: string, object: KubeObject) => {
    if (!asTable) {
      send(type, object)
      return
    }
    send(type, tableOf(kind, [object], { resourceVersion: object.metadata.resourceVersion }, headless))
    headless = true
  }
}
