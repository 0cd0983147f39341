/** Lists of objects: with or without pages, current or at an earlier resource version. */
import type { KubeObject, ResourceKind } from './contract.ts'
import { StatusError } from './contract.ts'
import type { MemoryStore } from './memory-store.ts'
import { keyOf } from './object-metadata.ts'
import { limitOf, versionOf } from './request-options.ts'
import type { Matcher } from './selectors.ts'
import { badRequest, expired, versionTooLarge } from './status.ts'

export interface ListRequest {
  readonly kind: ResourceKind
  readonly namespace: string | undefined
  readonly query: URLSearchParams
  readonly matches: Matcher
}

export interface ListPage {
  readonly items: readonly KubeObject[]
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
}

/** The start of the next page; base64-encoded, it is the `continue` token. */
interface Continuation {
  readonly v: string
  readonly rv: number
  readonly start: string
}

/** @throws StatusError 400 for invalid parameters, 410 for a version that is too old, 504 for a future one */
export function listPage(store: MemoryStore, { kind, namespace, query, matches }: ListRequest): ListPage {
  const limit = limitOf(query)
  const token = query.get('continue') ?? ''
  const continuation = token === '' ? undefined : parseToken(token)
  const text = query.get('resourceVersion')
  const asked = versionOf(text, (parseError) =>
    badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ${parseError}`,
    ),
  )
  if (asked !== undefined && asked > store.version) throw versionTooLarge(asked, store.version)
  const exact = query.get('resourceVersionMatch') === 'Exact' ? asked : undefined
  const version = continuation?.rv ?? exact ?? store.version
  const matching = objectsAt(store, kind, namespace, version, continuation !== undefined).filter(matches)
  const start = continuation?.start ?? ''
  const rest = start === '' ? matching : matching.filter((object) => keyOf(object) > start)
  const items = limit > 0 ? rest.slice(0, limit) : rest
  const last = items.at(-1)
  const resourceVersion = String(version)
  if (items.length === rest.length || last === undefined) return { items, metadata: { resourceVersion } }
  const next = writeToken({ v: 'meta.k8s.io/v1', rv: version, start: keyOf(last) })
  // kube-apiserver does not count the remaining items of a list with a selector.
  const counted = (query.get('labelSelector') ?? '') === '' && (query.get('fieldSelector') ?? '') === ''
  return {
    items,
    metadata: {
      resourceVersion,
      continue: next,
      ...(counted ? { remainingItemCount: rest.length - items.length } : {}),
    },
  }
}

function objectsAt(
  store: MemoryStore,
  kind: ResourceKind,
  namespace: string | undefined,
  version: number,
  continued: boolean,
): KubeObject[] {
  if (version === store.version) return store.list(kind, namespace)
  try {
    return store.listAt(kind, namespace, version)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw expired(
      continued
        ? 'The provided continue parameter is too old to display a consistent list result. You can start a new ' +
            'list without the continue parameter, or use the continue token in this response to retrieve the ' +
            'remainder of the results. Continuing with the provided token results in an inconsistent list - ' +
            'objects that were created, modified, or deleted between the time the first chunk was returned and ' +
            'now may show up in the list.'
        : 'The resourceVersion for the provided list is too old.',
    )
  }
}

function writeToken(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString('base64url')
}

function parseToken(token: string): Continuation {
  const text = Buffer.from(token, 'base64url').toString()
  try {
    const { v, rv, start } = JSON.parse(text) as Continuation
    return { v, rv, start }
  } catch {
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${text.charAt(0)}' looking for beginning of value`,
    )
  }
}
