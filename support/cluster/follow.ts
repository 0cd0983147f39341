/**
 * Follows objects as they change: a list, then a watch from there, and both again whenever a watch ends. Servers end
 * every watch after some time, proxies and restarts sooner, and client-node treats a silent one as lost after half a
 * minute.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Limits, withLimits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { openWatch } from './watch-stream.ts'

const objectSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), uid: z.string().optional() }),
})
const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional() }),
  items: z.array(objectSchema).nullish(),
})
export type FollowedObject = z.infer<typeof objectSchema>

export interface Followed {
  /** Path of the collection, with a leading slash. */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** For messages: `reading Job ns/name`. */
  readonly doing: string
}

/** Milliseconds before a new watch after one ended. */
const PAUSE = 1000

/**
 * Calls back with all objects, at once and after each change, until the callback returns a value.
 * @throws ApiError if reading is refused; TimeoutError; InterruptedError; whatever the callback throws.
 */
export async function follow<T>(
  client: ApiClient,
  followed: Followed,
  limits: Limits,
  search: (objects: readonly FollowedObject[]) => T | undefined,
): Promise<T> {
  const { path, labelSelector, fieldSelector, doing } = followed
  const selectors = {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  }
  const query = new URLSearchParams(selectors).toString()
  return withLimits({ ...limits, describe: () => doing }, async (signal) => {
    for (;;) {
      const answer = await client.send(
        { method: 'GET', path: query === '' ? path : `${path}?${query}`, doing },
        { ...limits, signal },
      )
      const { items, metadata } = listSchema.parse(answer)
      const objects = new Map((items ?? []).map((object) => [object.metadata.name, object]))
      const seen = search([...objects.values()])
      if (seen !== undefined) return seen
      const { resourceVersion } = metadata
      const changes = { ...selectors, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
      const result = await watchOnce(client, path, changes, signal, (type, object) => {
        if (type === 'DELETED') objects.delete(object.metadata.name)
        else objects.set(object.metadata.name, object)
        return search([...objects.values()])
      })
      if (result !== undefined) return result
      await sleep(PAUSE, undefined, { signal })
    }
  })
}

/** Resolves with the callback's value, or with undefined when the watch ends for any reason. */
async function watchOnce<T>(
  client: ApiClient,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
  onChange: (type: string, object: FollowedObject) => T | undefined,
): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
  const onEvent = (type: string, event: unknown) => {
    // A bookmark is not a change; after an error (a version that is too old) only a new list helps.
    if (type === 'BOOKMARK') return
    const object = objectSchema.safeParse(event).data
    if (type === 'ERROR' || object === undefined) {
      resolve(undefined)
      return
    }
    try {
      const seen = onChange(type, object)
      if (seen !== undefined) resolve(seen)
    } catch (error) {
      reject(error)
    }
  }
  const stop = await openWatch(client.kubeConfig, path, query, {
    onEvent,
    onEnd: () => {
      resolve(undefined)
    },
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
